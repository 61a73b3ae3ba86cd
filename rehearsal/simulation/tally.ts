import type { TimelineEvent } from "../timeline";

/** Why a host calls AWS. */
export type CallKind = "launch" | "job" | "termination" | "heartbeat" | "idle";

interface InstanceRecord {
  state: string;
  serving: number;
  /** Its runner has been online: its calls from then on are not part of the launch. */
  online: boolean;
  /** Jobs assigned to it since its launch. */
  jobs: number;
  protections: number;
  terminatingSince?: number;
  jobEndedAt: number;
}

const PROTECT = "autoscaling:SetInstanceProtection";
const HEARTBEAT = "autoscaling:RecordLifecycleActionHeartbeat";
/** Error codes of injected faults; a failed attempt is retried, and only the retry counts. */
const FAULT_CODES = new Set(["ServiceUnavailable", "Throttling", "InternalFailure"]);

/** Longer than it normally takes to report a result. */
const REPORT_MS = 1_000;

/** All counts, as plain data. */
export type Totals = Pick<
  Tally,
  "jobs" | "losses" | "instances" | "hostCalls" | "faulted" | "functionErrors" | "deregisterErrors" | "instanceMs" | "longestTail"
> & { functionCalls: Record<string, number> };

/** Counts events as they occur, so that a day's events need not be stored. */
export class Tally {
  readonly jobs = { queued: 0, assigned: 0, succeeded: 0, lost: 0, requeued: 0, unheard: 0 };
  /** Descriptions of the first lost jobs. */
  readonly losses: string[] = [];
  readonly instances = { launched: 0, terminated: 0, retained: 0, drainedBusy: 0 };
  readonly hostCalls: Record<CallKind, number> = { launch: 0, job: 0, termination: 0, heartbeat: 0, idle: 0 };
  readonly functionCalls = new Map<string, number>();
  /** Attempts that failed because of an injected fault. */
  faulted = 0;
  functionErrors = 0;
  /** Failed runs of the deregister function, which Lambda retried or gave up. */
  deregisterErrors = 0;
  instanceMs = 0;
  /** Longest time in ms that a terminating instance stayed without a job. */
  longestTail = 0;
  private readonly known = new Map<string, InstanceRecord>();
  private readonly stepsEnded = new Map<string, number>();
  /** Acquisition times of jobs that have not started. */
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

  /** Number of jobs that have ended. */
  get ended(): number {
    return this.jobs.succeeded + this.jobs.lost + this.jobs.unheard;
  }

  /** Instances that are terminating, each with the start of its termination. */
  terminating(): { instance: string; since: number }[] {
    return [...this.known].flatMap(([instance, { terminatingSince }]) =>
      terminatingSince === undefined ? [] : [{ instance, since: terminatingSince }],
    );
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
        known.terminatingSince = at;
        return;
      case "Terminating:Retained":
        this.instances.retained++;
        return;
      case "Terminated":
        this.instances.terminated++;
        if (known.serving > 0) this.instanceMs += at - known.serving;
        if (known.terminatingSince !== undefined) {
          if (known.jobEndedAt > known.terminatingSince) this.instances.drainedBusy++;
          this.longestTail = Math.max(this.longestTail, at - Math.max(known.terminatingSince, known.jobEndedAt));
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
        // The runner completed the job and reported it until it gave up: no pool can do more while GitHub is down.
        // Nor can it for a job that never started because GitHub did not answer the first renewal of its lock.
        if (this.reportMissed(this.stepsEnded.get(job) ?? this.acquired.get(job) ?? 0)) this.jobs.unheard++;
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

  /** Whether GitHub was down when the runner reported to it, or went down during the report. */
  private reportMissed(at: number): boolean {
    return this.gitHubWasDown(at) || this.gitHubWasDown(at + REPORT_MS);
  }

  private call({ principal, action, outcome, instance }: Extract<TimelineEvent, { kind: "api-call" }>): void {
    if (principal === "operator") return;
    if (FAULT_CODES.has(outcome)) {
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

  private of(instance: string): InstanceRecord {
    let known = this.known.get(instance);
    if (!known) this.known.set(instance, (known = { state: "", serving: 0, online: false, jobs: 0, protections: 0, jobEndedAt: 0 }));
    return known;
  }
}
