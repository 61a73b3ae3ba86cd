import assert from "node:assert/strict";
import { LOG, type UNITS } from "../../../../contract/actions-runner-pool/host";
import type { TimelineEvent } from "../../../../rehearsal/timeline";
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";

/** Seconds. Far beyond any step, even with all scenarios at once on two slow cores; a bound on a hang. */
const BOUND = 600;
const KEPT_LINES = 60;

export type Unit = (typeof UNITS)[keyof typeof UNITS];

/** The instance under test. */
export class TargetInstance {
  /** Counted across instances: one that another scenario used before still has its files. */
  private static jobs = 0;

  constructor(
    readonly pool: LivePool,
    readonly id: string,
    /** Milliseconds since 1970: earlier logs are of another scenario on the same instance. */
    private readonly since = 0,
  ) {}

  /** Runs a script as root in the machine; it must succeed. */
  sh(script: string): Promise<string> {
    return this.pool.sh(this.id, script);
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return this.pool.until(`${this.id}: ${what}`, condition, BOUND);
  }

  untilSeen(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    return this.pool.untilSeen(`${this.id}: ${what}`, async () => condition(), BOUND);
  }

  /** Queues a job whose one step runs `script` and then waits for `release()`. Resolves once the step runs. */
  async hold(script = ""): Promise<HeldJob> {
    const job = this.queue(script);
    await this.until("the job's step to run", () => job.changes().includes("steps-started"));
    return job;
  }

  /** The same without waiting. The file lies in /dev/shm, which a full disk does not affect. */
  queue(script = ""): HeldJob {
    const gate = `/dev/shm/release-${++TargetInstance.jobs}`;
    const run = `${script}\nuntil [ -e ${gate} ]; do sleep 0.5; done`;
    return new HeldJob(this, this.pool.queueOn(this.id, { name: `job ${TargetInstance.jobs}`, steps: [{ name: "hold", run }] }), gate);
  }

  /** Terminates the instance, as an operator or a scaling policy would, and waits until its drain has started. */
  async scaleIn(): Promise<void> {
    await this.requestScaleIn();
    await this.untilLogged(LOG.drainBegun);
  }

  requestScaleIn(): Promise<void> {
    return this.pool.environment.context.group.terminate(this.id);
  }

  untilLogged(message: string, times = 1): Promise<void> {
    return this.until(`"${message}", ${times} times`, () => this.logged(message).length >= times);
  }

  logged(message: string): Record<string, unknown>[] {
    const logs = this.pool.hostLogs(this.id, message).filter(({ at }) => at >= this.since);
    return logs.map(({ fields }) => fields);
  }

  /** Calls of this instance to AWS, by outcome: `ok` or the error's code. */
  calls(action: string): string[] {
    return this.events(action).map(({ outcome }) => outcome);
  }

  events(action: string): { at: number; outcome: string }[] {
    return this.pool.events.flatMap((event) =>
      event.kind === "api-call" && event.instance === this.id && event.action === action ? [event] : [],
    );
  }

  get isProtected(): boolean {
    return this.member()?.protected ?? false;
  }

  get state(): string | undefined {
    return this.member()?.state;
  }

  show(unit: Unit, property: string): Promise<string> {
    return this.sh(`systemctl show ${unit} --property=${property} --value`);
  }

  /** Sends SIGKILL to a unit's main process and waits until systemd has started another one. */
  async killMain(unit: Unit): Promise<void> {
    const killed = await this.show(unit, "MainPID");
    assert.notEqual(killed, "0", `${unit} is not running`);
    await this.sh(`kill -KILL ${killed}`);
    await this.untilSeen(`another ${unit}`, async () => !["0", killed].includes(await this.show(unit, "MainPID")));
  }

  /**
   * Waits until the instance is gone, and asserts the promise: the job ran to its end, and only then did the host complete
   * the termination, once.
   */
  async departs(...jobs: HeldJob[]): Promise<string> {
    await this.until("to be gone", () => this.pool.gone(this.id));
    const closed = this.pool.events.flatMap((event) =>
      event.kind === "action-closed" && event.instance === this.id && event.hook.endsWith("-terminate") ? [event] : [],
    );
    assert.deepEqual(
      closed.map(({ result, by }) => `${result} by ${by}`),
      ["CONTINUE by instance"],
    );
    for (const job of jobs) {
      assert.equal(job.state, "succeeded");
      assert.ok(job.endedAt <= closed[0]!.at, "the action was completed before the job had ended");
    }
    const ends = jobs.length === 0 ? "" : `${jobs.length === 1 ? "the job" : `${jobs.length} jobs`} succeeded, then `;
    return `${ends}1 CONTINUE by the instance; instance terminated`;
  }

  /** Events and journal of the instance, for a failure's message. */
  async diagnostics(): Promise<string> {
    const events = this.pool.events.filter((event) => "instance" in event && event.instance === this.id && event.kind !== "host-log");
    const journal = (await this.pool.environment.machines?.hosts.journal(this.id)) ?? "";
    return [...events.map(line), ...journal.trim().split("\n").slice(-KEPT_LINES)].join("\n");
  }

  private member() {
    const { autoscaling } = this.pool.environment.aws;
    return autoscaling.group(autoscaling.groupNames()[0]!)?.instances.find(({ id }) => id === this.id);
  }
}

/** A job that runs until it is released. */
export class HeldJob {
  constructor(
    private readonly target: TargetInstance,
    readonly id: string,
    private readonly gate: string,
  ) {}

  get state(): string {
    return this.job().state;
  }

  get endedAt(): number {
    return this.job().endedAt ?? Infinity;
  }

  /** Duration of our job-started hook, in milliseconds. */
  get hookMs(): number | undefined {
    return this.job().hooks.started;
  }

  changes(): string[] {
    return this.target.pool.events.flatMap((event) => (event.kind === "job" && event.job === this.id ? [event.change] : []));
  }

  async release(): Promise<void> {
    await this.target.sh(`touch ${this.gate}`);
  }

  /** Waits for the job's own end. */
  async succeeds(): Promise<void> {
    await this.target.until("the job to end", () => this.endedAt !== Infinity);
    assert.equal(this.state, "succeeded", this.job().detail);
  }

  private job() {
    return this.target.pool.environment.github.job(this.id);
  }
}

function line(event: TimelineEvent): string {
  const { at, ...rest } = event;
  return `${new Date(at).toISOString()} ${JSON.stringify(rest)}`;
}
