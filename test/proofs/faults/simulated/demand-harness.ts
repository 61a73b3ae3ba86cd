/**
 * Shared by the rows of demand: a pool that follows its queue, deployed by the real engine, with the production bundles in
 * processes of their own, simulated hosts and a virtual clock. Time stands still outside `during`, so that several rows can share
 * one deployment.
 */
import assert from "node:assert/strict";
import { POOL_DIMENSION } from "../../../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../../../contract/shared/metrics";
import { type JobRow, jobKey } from "../../../../contract/workflow-jobs/ledger";
import { WORKFLOW_JOBS_DIMENSION } from "../../../../contract/workflow-jobs/metrics";
import { workflowJobsNames, type WorkflowJobsNames } from "../../../../contract/workflow-jobs/names";
import { toAttribute, toItem } from "../../../../functions/shared/ledger/attributes";
import { Cleanup } from "../../../../rehearsal/cleanup";
import { until } from "../../../../rehearsal/environment/scenario-context";
import type { Job, JobSpec } from "../../../../rehearsal/github/jobs";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import { openPoolEnvironment, type PoolEnvironment } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-environment";
import type { VirtualClock } from "../../../../rehearsal/virtual-clock";

/** Virtual seconds from the end of the last job to an empty pool: a reconciliation, the idle timeout, two passes and the drain. */
const EMPTY = 600;
export const MINUTE = 60;
/** Minutes until an announced job has started: a pass, and a boot. */
export const ANNOUNCED = 2;
/** Minutes until one has started that the next reconciliation finds: its interval, and the same. */
export const RECONCILED = 5 + ANNOUNCED;
/** Between two looks at what no event of the timeline announces, in virtual seconds. */
const STEP = 5;
const SCALE = "-scale";

/** A small pool without a warm pool: each launch is one boot, and nothing but the queue changes its size. */
const CONFIGURATION = {
  minSize: 0,
  maxSize: 4,
  desiredCapacity: 0,
  warmPool: {},
  demand: { idleTimeout: 60, rerunLostJobs: true },
  waitForReadiness: false,
};

export type Log = Record<string, unknown> & { level: string; message: string };

export class DemandPool {
  private constructor(
    readonly environment: PoolEnvironment,
    private readonly cleanup: Cleanup,
    readonly pool: string,
    readonly source: string,
  ) {}

  /** @param config replaces values of the stack's configuration. */
  static async open(config: Record<string, unknown> = {}): Promise<DemandPool> {
    const cleanup = new Cleanup();
    try {
      const options = parseOptions(["--hosts", "simulated", "--instances", "1"])!;
      const environment = await openPoolEnvironment({ options, hosts: "simulated", say: () => undefined, cleanup });
      (environment.context.clock as VirtualClock).hold();
      // The re-run of lost jobs needs it, and the deployment checks that.
      environment.github.grantPermissions(Number(environment.stack.get("githubAppId")), { actions: "write" });
      await environment.context.engine.reconfigure({ ...CONFIGURATION, ...config });
      await environment.context.engine.up();
      const functions = environment.aws.store.list("aws:lambda/function:Function").map(({ state }) => String(state["name"]));
      const pool = functions.find((name) => name.endsWith(SCALE))!.slice(0, -SCALE.length);
      const source = String(environment.aws.store.list("aws:dynamodb/table:Table")[0]!.state["name"]);
      const opened = new DemandPool(environment, cleanup, pool, source);
      // The first reconciliation: until then the source counts as stale.
      await opened.during(() => opened.reconcile());
      return opened;
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { defects } = this.environment.aws;
    await this.cleanup.run();
    assert.deepEqual(defects, []);
  }

  get clock(): VirtualClock {
    return this.environment.context.clock as VirtualClock;
  }

  get aws() {
    return this.environment.aws;
  }

  get github() {
    return this.environment.github;
  }

  get names(): WorkflowJobsNames {
    return workflowJobsNames(this.source);
  }

  get scaler(): string {
    return `${this.pool}${SCALE}`;
  }

  /** Virtual time passes during this work. At its end the pool is empty, and none of its jobs is lost. */
  during<T>(work: () => Promise<T>): Promise<T> {
    const before = this.github.jobs().length;
    return this.clock.flow(async () => {
      const result = await work();
      await this.until("the pool to be empty", EMPTY, () => this.group.members().length === 0 && this.group.desired() === 0);
      const jobs = this.github.jobs().slice(before);
      const lost = jobs.filter(({ state }) => state !== "succeeded" && state !== "canceled");
      assert.deepEqual(
        lost.map(({ spec, state }) => `${spec.name} ${state}`),
        [],
      );
      return result;
    });
  }

  get group() {
    return this.environment.context.group;
  }

  sleep(seconds: number): Promise<void> {
    return this.clock.sleep(seconds * 1000);
  }

  /** Queues a job that the pool's runners can take. */
  queue(name: string, more: Partial<JobSpec> = {}): string {
    return this.github.queueJob({ name, seconds: 20, labels: [...this.environment.labels], ...more });
  }

  job(id: string): Readonly<Job> {
    return this.github.job(id);
  }

  /** Waits for what an event of the timeline announces. */
  until(what: string, seconds: number, condition: () => boolean): Promise<void> {
    return until(this.environment.context, what, seconds, condition);
  }

  /** Waits for what no event announces. Returns the seconds. */
  async untilSeen(what: string, seconds: number, condition: () => boolean | Promise<boolean>): Promise<number> {
    const begun = this.clock.now();
    while (!(await condition())) {
      assert.ok(this.clock.now() - begun < seconds * 1000, `not within ${seconds} s: ${what}`);
      await this.sleep(STEP);
    }
    return (this.clock.now() - begun) / 1000;
  }

  /** Waits until the jobs have succeeded. Returns the longest time from queued to started, in seconds. */
  async succeed(jobs: readonly string[], seconds: number): Promise<number> {
    await this.until(`${jobs} to succeed`, seconds, () => jobs.every((id) => this.job(id).state === "succeeded"));
    return Math.max(...jobs.map((id) => Math.ceil((this.job(id).acquiredAt! - this.job(id).createdAt) / 1000)));
  }

  /** A reconciliation now, in place of the schedule's next one. */
  async reconcile(): Promise<void> {
    const outcome = await this.invoke(this.names.reconcileFunction);
    assert.ok(!("error" in outcome), JSON.stringify(outcome));
  }

  /** Invokes a function as its schedule does. */
  invoke(name: string, event: unknown = { source: "aws.events", "detail-type": "Scheduled Event" }) {
    return this.aws.lambda.invoke(name, event);
  }

  /** The ledger's row of a job. */
  async row(id: string): Promise<Partial<JobRow> | undefined> {
    const Key = Object.fromEntries(Object.entries(jobKey(this.job(id).number)).map(([name, value]) => [name, toAttribute(value)]));
    const params = { TableName: this.names.table, Key, ConsistentRead: true };
    const { Item } = (await this.aws.gateway.call({ kind: "operator" }, "dynamodb:GetItem", params)) as { Item?: object };
    return Item && (toItem(Item as never) as Partial<JobRow>);
  }

  /** Log lines of a function that contain the words. */
  logged(functionName: string, words: string): Log[] {
    return this.aws.lambda.logs
      .filter((line) => line.functionName === functionName && line.line.includes(words) && line.line.startsWith("{"))
      .map(({ line }) => JSON.parse(line) as Log)
      .filter(({ message }) => typeof message === "string");
  }

  /** Sum of a metric of the source or of the pool since a time in ms, by default of all. */
  metric(name: string, since = 0): number {
    return this.points(name, since).reduce((sum, { value, count }) => sum + value * count, 0);
  }

  highest(name: string, since = 0): number {
    return Math.max(0, ...this.points(name, since).map(({ value }) => value));
  }

  /** Whether the alarm, without the prefix of its name, is in ALARM now. */
  inAlarm(suffix: string): boolean {
    const found = this.aws.alarms().find(({ name }) => name === `${this.source}-${suffix}` || name === `${this.pool}-${suffix}`);
    assert.ok(found, `there is no alarm ${suffix}`);
    return found.inAlarm;
  }

  async alarmed(suffix: string, seconds: number): Promise<number> {
    return this.untilSeen(`the alarm ${suffix}`, seconds, () => this.inAlarm(suffix));
  }

  /** Instances launched since a time in ms. */
  launches(since: number): number {
    const { events } = this.environment.context.timeline;
    return new Set(
      events.flatMap((event) =>
        event.kind === "instance-state" && event.at >= since && event.state === "Pending" ? [event.instance] : [],
      ),
    ).size;
  }

  private points(name: string, since: number) {
    const { metrics } = this.aws.cloudwatch;
    const dimensions: Record<string, string>[] = [{ [WORKFLOW_JOBS_DIMENSION]: this.source }, { [POOL_DIMENSION]: this.pool }];
    return dimensions.flatMap((one) => metrics.points(METRIC_NAMESPACE, name, one).filter(({ at }) => at >= since));
  }
}

let shared: Promise<DemandPool> | undefined;
// At the root, so that the files share one deployment: the engine takes longer than a row.
after(async () => (await shared)?.close());

/** The deployment that all rows share. */
export function demandPool(): () => DemandPool {
  let pool: DemandPool;
  before(async function () {
    this.timeout(600_000);
    pool = await (shared ??= DemandPool.open());
  });
  return () => pool;
}

/**
 * A duration for the table: its bound, because how long something takes depends on when the next schedule is due. Fails beyond it.
 *
 * @param bound in minutes.
 */
export function within(bound: number, seconds: number): string {
  assert.ok(seconds <= bound * MINUTE, `it took ${seconds} s, more than ${bound} min`);
  return `within ${bound} min`;
}
