/**
 * A small model of what surrounds the policy: jobs as they are and as the source knows them, and a group that boots, fails and
 * replaces instances as Auto Scaling does. Each pass is checked against what may never happen, judged by the model's own knowledge.
 */
import { hedge } from "../../../functions/actions-runner-pool/scale/policy/hedge";
import { WaitCause } from "../../../contract/workflow-jobs/ledger";
import type { Demand } from "../../../functions/shared/demand/source";
import type { decide as Decide } from "../../../functions/actions-runner-pool/scale/policy/decide";
import type {
  Decision,
  FleetInstance,
  Memory,
  ScalingSettings,
  ScalingState,
} from "../../../functions/actions-runner-pool/scale/policy/types";
import { toleranceOf } from "../../../functions/actions-runner-pool/scale/policy/scale-in";
import { MINUTE, NOW, SECOND } from "../../functions/actions-runner-pool/scale/policy/fixture";

export interface GroupSpec {
  settings: ScalingSettings;
  minSize: number;
  maxSize: number;
  scheduledFloor: number;
}

interface Job {
  id: string;
  since: number;
  runner?: string;
  state: "waiting" | "running" | "over";
}

/** What the source believes of a job. */
interface Known {
  since: number;
  confirmedAt: number;
  runner?: string;
  running: boolean;
}

interface Machine extends FleetInstance {
  readyAt: number;
  /** In service, and never online at GitHub. */
  dead: boolean;
  fails: boolean;
}

export class GroupModel {
  now = NOW;
  launches = 0;
  /** Launches that replace what failed or was lost: Auto Scaling's own, not the policy's. */
  replacements = 0;
  readonly jobs: Job[] = [];
  readonly problems: string[] = [];
  /** Milliseconds of the next boots, and whether they fail. */
  boot = { time: 45 * SECOND, fails: false, dead: false };
  /** Launches beyond the demand, because a job waited beside an idle runner. */
  substitutes = 0;
  /** Why the source does not know the queue. */
  problem: string | undefined;
  private readonly known = new Map<string, Known>();
  private completeAt = NOW;
  private machines: Machine[] = [];
  private desired: number;
  private memory: Memory = { idleSince: {} };
  private failed = 0;
  private sequence = 0;
  /** Of the last 15 minutes, with the jobs that no idle runner took. */
  private latestSubstitutes: { at: number; jobs: string[] }[] = [];
  /** Whether an instance that came into service after it has got a job. */
  private lastSubstitute = { at: -Infinity, tookJob: false };
  /** Since when each instance has been idle at every pass, by the model's own account. */
  private seenIdle = new Map<string, number>();

  constructor(
    private readonly decide: typeof Decide,
    private readonly spec: GroupSpec,
  ) {
    this.desired = spec.minSize;
  }

  /** A job is queued; the source does not hear of it if the delivery is lost. */
  queue(lost: boolean): void {
    const job: Job = { id: `job-${this.jobs.length}`, since: this.now, state: "waiting" };
    this.jobs.push(job);
    if (!lost) this.hear(job);
    this.assign();
  }

  /** The oldest running job ends, or the youngest waiting one is cancelled. */
  end(what: "running" | "waiting", lost: boolean): void {
    const job = what === "running" ? this.in("running")[0] : this.in("waiting").at(-1);
    if (!job) return;
    job.state = "over";
    const machine = this.machines.find(({ id }) => id === job.runner);
    if (machine) machine.busy = false;
    if (!lost) this.known.delete(job.id);
    this.assign();
  }

  /** A delivery comes again, after the job has ended for the source too: the ledger ignores it, and the policy sees it confirmed. */
  repeat(): void {
    for (const job of this.jobs.slice(-3)) if (job.state !== "over") this.hear(job);
  }

  /** An instance disappears, with its job. */
  lose(): void {
    const machine = this.machines.find(({ phase }) => phase !== "leaving");
    if (!machine) return;
    this.remove(machine);
    this.replacements++;
    const job = this.in("running").find(({ runner }) => runner === machine.id);
    if (job) job.state = "over";
  }

  advance(time: number): void {
    this.now += time;
    for (const machine of this.machines.filter(({ phase }) => phase === "booting")) {
      if (machine.readyAt > this.now) continue;
      if (machine.fails) {
        this.remove(machine);
        this.failed++;
        this.replacements++;
      } else Object.assign(machine, { phase: "in service", since: this.now });
    }
    for (const machine of this.machines) if (machine.phase === "leaving" && !machine.busy) this.remove(machine);
    this.fill();
    this.assign();
  }

  /** The source learns the truth, unless it is down. */
  reconcile(): void {
    if (this.problem !== undefined) return;
    this.completeAt = this.now;
    this.known.clear();
    for (const job of this.jobs) if (job.state !== "over") this.hear(job);
  }

  pass(): Decision {
    const state = this.state();
    const decision = this.decide(state, this.spec.settings, this.now);
    this.problems.push(...this.wrong(state, decision));
    this.failed = 0;
    this.memory = JSON.parse(JSON.stringify(decision.memory));
    if (decision.desired !== undefined) this.desired = decision.desired;
    for (const id of decision.terminate) {
      const machine = this.machines.find((one) => one.id === id);
      if (!machine) continue;
      Object.assign(machine, { phase: "leaving", since: this.now });
      this.desired--;
    }
    // Before Auto Scaling has acted: a signal may follow at once.
    const again = this.decide(this.state(), this.spec.settings, this.now);
    // At the maximum a substitute finds no place until instances that have idled long enough leave it theirs.
    const substitutes = state.fleet.desired === this.spec.maxSize && again.memory.substitutedAt === this.now;
    const raised = (again.desired ?? this.desired) - this.desired;
    if (raised > (substitutes ? 1 : 0) || again.terminate.length > 0) this.problems.push("a second pass at the same time asks for more");
    this.fill();
    return decision;
  }

  get hasRoom(): boolean {
    return this.spec.maxSize >= 200;
  }

  in(state: Job["state"]): Job[] {
    return this.jobs.filter((job) => job.state === state);
  }

  /** What the truth asks for, when all is quiet. */
  needed(): number {
    const { minSize, maxSize, scheduledFloor, settings } = this.spec;
    const open = this.in("waiting").length + this.in("running").filter(({ runner }) => this.stays(runner)).length;
    return Math.min(maxSize, Math.max(open + settings.minIdle, minSize, scheduledFloor));
  }

  sizes(): { desired: number; inService: number } {
    return { desired: this.desired, inService: this.machines.filter(({ phase }) => phase === "in service").length };
  }

  private stays(runner: string | undefined): boolean {
    return this.machines.some(({ id, phase }) => id === runner && phase !== "leaving");
  }

  private hear(job: Job): void {
    this.known.set(job.id, {
      since: job.since,
      confirmedAt: this.now,
      running: job.state === "running",
      ...(job.runner && { runner: job.runner }),
    });
  }

  private remove(machine: Machine): void {
    this.machines = this.machines.filter((one) => one !== machine);
  }

  /** As Auto Scaling does: launches until there are as many as desired. */
  private fill(): void {
    const missing = this.desired - this.machines.filter(({ phase }) => phase !== "leaving").length;
    for (let index = 0; index < missing; index++) {
      this.launches++;
      const { time, fails, dead } = this.boot;
      const id = `i-${++this.sequence}`;
      this.machines.push({ id, phase: "booting", since: this.now, busy: false, readyAt: this.now + time, fails, dead });
    }
  }

  /** GitHub gives the oldest job to any idle runner, and the source hears of it. */
  private assign(): void {
    const idle = this.machines.filter(({ phase, busy, dead }) => phase === "in service" && !busy && !dead);
    for (const job of this.in("waiting")) {
      const machine = idle.pop();
      if (!machine) return;
      machine.busy = true;
      Object.assign(job, { state: "running", runner: machine.id });
      this.hear(job);
    }
  }

  private state(): ScalingState {
    const jobs = [...this.known].sort(([, a], [, b]) => a.since - b.since);
    const demand: Demand = {
      waiting: jobs.flatMap(([id, { running, since, confirmedAt }]) =>
        running ? [] : [{ id, since, confirmedAt, repository: "octo/app" }],
      ),
      running: jobs.flatMap(([id, { running, since, runner }]) => (running ? [{ id, since, ...(runner && { runner }) }] : [])),
      completeAt: this.completeAt,
      ...(this.problem === undefined ? {} : { problem: this.problem }),
    };
    const { minSize, maxSize, scheduledFloor } = this.spec;
    const instances = this.machines.map(({ id, phase, since, busy }) => ({ id, phase, since, busy }));
    return {
      demand,
      fleet: { desired: this.desired, minSize, maxSize, instances, failedLaunches: this.failed },
      scheduledFloor,
      memory: this.memory,
    };
  }

  /** What no decision may do. */
  private wrong({ demand, fleet, scheduledFloor }: ScalingState, { desired, terminate, wanted, causes, memory }: Decision): string[] {
    const { settings } = this.spec;
    const found: string[] = [];
    const complain = (condition: boolean, text: string) => void (condition && found.push(text));
    const floor = Math.min(fleet.maxSize, Math.max(fleet.minSize, scheduledFloor));
    const stale = demand.problem !== undefined || this.now - demand.completeAt > settings.staleAfter;
    const fresh = demand.waiting.filter(({ confirmedAt }) => !stale || this.now - confirmedAt <= settings.staleAfter).length;
    const runs = new Set(demand.running.map(({ runner }) => runner));
    const staying = fleet.instances.filter(({ phase }) => phase !== "leaving");
    const busy = staying.filter((one) => one.busy || runs.has(one.id)).length;

    complain(desired !== undefined && desired <= fleet.desired, `desired is lowered from ${fleet.desired} to ${desired}`);
    complain(desired !== undefined && desired > fleet.maxSize, `desired ${desired} is above the maximum`);
    const most = Math.max(floor, busy + fresh + Math.max(settings.minIdle, hedgeLimit(fresh)));
    const ignored = !stale && demand.waiting.some(({ since }) => this.now - since > settings.notAssignedAfter) ? 1 : 0;
    const substitute = desired !== undefined && desired === fleet.desired + ignored;
    if (substitute) this.substitutes++;
    if (substitute && desired > most) {
      const jobs = Object.keys(causes).filter((id) => causes[id] === WaitCause.NotAssigned);
      this.latestSubstitutes = [...this.latestSubstitutes.filter(({ at }) => this.now - at < 15 * MINUTE), { at: this.now, jobs }];
      const { length } = this.latestSubstitutes;
      const served = new Set(this.latestSubstitutes.flatMap((one) => one.jobs)).size;
      complain(length > served, `another substitute within 15 minutes: ${length} for ${served} jobs`);
    }
    const { at, tookJob } = this.lastSubstitute;
    const took = tookJob || staying.some((one) => (one.busy || runs.has(one.id)) && one.since > at);
    complain(substitute && desired > most && !took && this.now - at < 15 * MINUTE, "within 15 minutes after a substitute that took no job");
    this.lastSubstitute = substitute && desired > most ? { at: this.now, tookJob: false } : { at, tookJob: took };
    complain(desired !== undefined && desired > most && !substitute, `desired ${desired} is more than ${most} for ${busy} + ${fresh} jobs`);
    complain(wanted < floor || wanted > fleet.maxSize, `wanted ${wanted} is outside the limits`);
    const paused = memory.backoff !== undefined;
    complain(!paused && (desired ?? fleet.desired) < floor, `desired stays below the floor ${floor}`);
    const reachable = Math.min(fleet.maxSize, busy + fresh);
    complain(!paused && (desired ?? fleet.desired) < reachable, `${fresh} jobs wait and only ${desired ?? fleet.desired} are desired`);

    this.observe(staying.filter((one) => one.phase === "in service" && !one.busy && !runs.has(one.id)));
    complain(stale && terminate.length > 0, "an instance is terminated while the source is stale");
    complain(new Set(terminate).size < terminate.length, "an instance is terminated twice");
    for (const id of terminate) {
      const since = this.seenIdle.get(id);
      complain(since === undefined, `${id} is terminated although it is not idle`);
      complain(
        since !== undefined && this.now - since < settings.idleTimeout - toleranceOf(settings.idleTimeout),
        `${id} is terminated after ${this.now - since!} ms of idleness`,
      );
    }
    const left = staying.length - terminate.length;
    const needed = Math.min(fleet.maxSize, Math.max(floor, busy + fresh + settings.minIdle));
    complain(terminate.length > 0 && left < needed, `${left} instances are left of ${needed} that are needed`);
    complain(terminate.length > 0 && desired !== undefined && !substitute, "one pass launches and terminates");

    const ids = new Set(demand.waiting.map(({ id }) => id));
    complain(!Object.keys(causes).every((id) => ids.has(id)), "a job that does not wait has a cause");
    complain(!Object.values(causes).every((cause) => Object.values(WaitCause).includes(cause)), "a cause is unknown");
    const free = staying.filter(({ phase }) => phase === "in service").length;
    complain(ids.size - Object.keys(causes).length > free, "a job without an idle runner has no cause");
    return found;
  }

  private observe(idle: readonly FleetInstance[]): void {
    this.seenIdle = new Map(idle.map(({ id }) => [id, this.seenIdle.get(id) ?? this.now]));
  }
}

/** By the tested definition, but never more than half of the jobs: a mutant of the hedge must not raise its own limit. */
function hedgeLimit(jobs: number): number {
  return Math.min(hedge(jobs), Math.ceil(jobs / 2));
}

/** Minutes: time enough for two reconciliations, a boot, an idle timeout, and the pause before a job gets another substitute. */
const SETTLES = 100;

export function settle(model: GroupModel): void {
  model.problem = undefined;
  model.boot = { time: 45 * SECOND, fails: false, dead: false };
  for (let minute = 0; minute < SETTLES; minute++) {
    if (minute % 5 === 0) model.reconcile();
    model.pass();
    model.advance(MINUTE);
  }
}
