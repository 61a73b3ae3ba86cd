import type { TimelineEvent } from "../timeline";

/** Why a host calls AWS. */
export type CallKind = "launch" | "job" | "termination" | "heartbeat" | "idle";

interface Known {
  state: string;
  serving: number;
  /** Its runner has been online: what it calls now is no longer part of its launch. */
  online: boolean;
  /** Jobs assigned to it since it came into service. */
  jobs: number;
  protections: number;
  goingSince?: number;
  jobEndedAt: number;
}

const PROTECT = "autoscaling:SetInstanceProtection";
const HEARTBEAT = "autoscaling:RecordLifecycleActionHeartbeat";
/** What a fault answers; an attempt that met it is a retry of what counts. */
const FAULTS = new Set(["ServiceUnavailable", "Throttling", "InternalFailure"]);

/** More than the telling of a result takes where nothing is wrong. */
const TELLING_MS = 1_000;

/** All counts, as plain data. */
export type Totals = Pick<
  Tally,
  "jobs" | "losses" | "instances" | "hostCalls" | "faulted" | "functionErrors" | "deregisterErrors" | "instanceMs" | "longestTail"
> & { functionCalls: Record<string, number> };

/** Counts what happens as it happens, so that nothing of a day need be kept. */
export class Tally {
  readonly jobs = { queued: 0, assigned: 0, succeeded: 0, lost: 0, requeued: 0, unheard: 0 };
  /** Lost jobs, the first of them in words. */
  readonly losses: string[] = [];
  readonly instances = { launched: 0, terminated: 0, retained: 0, drainedBusy: 0 };
  readonly hostCalls: Record<CallKind, number> = { launch: 0, job: 0, termination: 0, heartbeat: 0, idle: 0 };
  readonly functionCalls = new Map<string, number>();
  /** Attempts that met a fault. */
  faulted = 0;
  functionErrors = 0;
  /** Runs that Lambda made once more, or gave up. */
  deregisterErrors = 0;
  instanceMs = 0;
  /** Longest that an instance was there without need after it was told to go, in ms. */
  longestTail = 0;
  private readonly known = new Map<string, Known>();
  private readonly stepsEnded = new Map<string, number>();
  /** Of jobs that have not begun. */
  private readonly acquired = new Map<string, number>();

  constructor(private readonly gitHubWasDown: (at: number) => boolean) {}

  note(event: TimelineEvent): void {
    switch (event.kind) {
      case "instance-state":
        return this.state(event.instance, event.state, event.at);
      case "runner":
        if (event.change === "online") this.of(event.instance).online = true;
        return;
      case "job":
        return this.job(event);
      case "api-call":
        return this.call(event);
      case "function-run":
        if (event.outcome === "ok") return;
        this.functionErrors++;
        if (event.name.endsWith("-deregister")) this.deregisterErrors++;
        return;
    }
  }

  totals(): Totals {
    const { jobs, losses, instances, hostCalls, faulted, functionErrors, deregisterErrors, instanceMs, longestTail } = this;
    const functionCalls = Object.fromEntries(this.functionCalls);
    return { jobs, losses, instances, hostCalls, faulted, functionErrors, deregisterErrors, instanceMs, longestTail, functionCalls };
  }

  /** Jobs that are over. */
  get ended(): number {
    return this.jobs.succeeded + this.jobs.lost + this.jobs.unheard;
  }

  /** Instances that are on their way out, each with since when. */
  going(): { instance: string; since: number }[] {
    return [...this.known].flatMap(([instance, { goingSince }]) => (goingSince === undefined ? [] : [{ instance, since: goingSince }]));
  }

  private state(instance: string, state: string, at: number): void {
    const known = this.of(instance);
    known.state = state;
    switch (state) {
      case "Pending":
        this.instances.launched++;
        return;
      case "InService":
        known.serving = at;
        return;
      case "Terminating:Wait":
        known.goingSince = at;
        return;
      case "Terminating:Retained":
        this.instances.retained++;
        return;
      case "Terminated":
        this.instances.terminated++;
        if (known.serving > 0) this.instanceMs += at - known.serving;
        if (known.goingSince !== undefined) {
          if (known.jobEndedAt > known.goingSince) this.instances.drainedBusy++;
          this.longestTail = Math.max(this.longestTail, at - Math.max(known.goingSince, known.jobEndedAt));
        }
        this.known.delete(instance);
    }
  }

  private job({ job, change, instance, at, detail }: Extract<TimelineEvent, { kind: "job" }>): void {
    switch (change) {
      case "queued":
        this.jobs.queued++;
        return;
      case "assigned":
        this.jobs.assigned++;
        if (instance !== undefined) this.of(instance).jobs++;
        return;
      case "requeued":
        this.jobs.requeued++;
        return;
      case "acquired":
        this.acquired.set(job, at);
        return;
      case "hook-started":
        this.acquired.delete(job);
        return;
      case "steps-ended":
        this.stepsEnded.set(job, at);
        return;
      case "succeeded":
        this.jobs.succeeded++;
        break;
      case "lost":
      case "failed":
        // Its runner has done it and told so until it gave up: no pool can do more while GitHub is down.
        // And for a job that never began no runner can do more, whose first renewal of the lock GitHub did not answer.
        if (this.unheard(this.stepsEnded.get(job) ?? this.acquired.get(job) ?? 0)) this.jobs.unheard++;
        else {
          this.jobs.lost++;
          if (this.losses.length < 10) this.losses.push(`${job} on ${instance ?? "no runner"}: ${detail ?? change}`);
        }
        break;
      default:
        return;
    }
    this.stepsEnded.delete(job);
    this.acquired.delete(job);
    const known = instance === undefined ? undefined : this.known.get(instance);
    if (known) known.jobEndedAt = at;
  }

  /** Whether GitHub was down when the runner told it something, or went down under the telling. */
  private unheard(told: number): boolean {
    return this.gitHubWasDown(told) || this.gitHubWasDown(told + TELLING_MS);
  }

  private call({ principal, action, outcome, instance }: Extract<TimelineEvent, { kind: "api-call" }>): void {
    if (principal === "operator") return;
    if (FAULTS.has(outcome)) {
      this.faulted++;
      return;
    }
    if (instance !== undefined) this.hostCalls[this.kindOf(instance, action)]++;
    else {
      const what = `${principal.slice(principal.lastIndexOf("-") + 1)} ${action}`;
      this.functionCalls.set(what, (this.functionCalls.get(what) ?? 0) + 1);
    }
  }

  private kindOf(instance: string, action: string): CallKind {
    const known = this.of(instance);
    if (action === HEARTBEAT) return "heartbeat";
    if (action === PROTECT) return ++known.protections <= 2 * known.jobs ? "job" : "idle";
    if (known.state.startsWith("Terminating")) return "termination";
    return known.online ? "idle" : "launch";
  }

  private of(instance: string): Known {
    let known = this.known.get(instance);
    if (!known) this.known.set(instance, (known = { state: "", serving: 0, online: false, jobs: 0, protections: 0, jobEndedAt: 0 }));
    return known;
  }
}
