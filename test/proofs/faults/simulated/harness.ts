/** Shared by the simulated rows: a pool in its own environment for each moment of a fault, and checks of the promise. */
import assert from "node:assert/strict";
import { METRIC, POOL_DIMENSION } from "../../../../contract/actions-runner-pool/metrics";
import { sharedTokenName } from "../../../../contract/actions-runner-pool/names";
import { METRIC_NAMESPACE } from "../../../../contract/shared/metrics";
import type { Shape } from "../../../../rehearsal/aws/api";
import { labelOf } from "../../../../rehearsal/aws/gateway";
import type { FunctionLog } from "../../../../rehearsal/simulation/functions";
import type { Pool } from "../../../../rehearsal/simulation/pool";
import type { PoolOptions } from "../../../../rehearsal/simulation/pool-options";
import { SimulatedEnvironment, type SimulatedEnvironmentOptions } from "../../../../rehearsal/simulation/environment";
import { count } from "../support/fault-table";

/** Virtual seconds; more than any undisturbed launch takes. */
const BOOT = 120;
/** FAULTS_SEED=n runs every moment with other latencies; the observations may then differ from the table by a second or so. */
const FIRST_SEED = Number(process.env.FAULTS_SEED ?? 1);
/** Virtual seconds within which functions, or else two sweeps, have cleaned up after an instance. */
const CLEAR = 15 * 60;
export const MINUTE = 60;
export const HOUR = 3600;

export interface HarnessOptions extends SimulatedEnvironmentOptions {
  pool?: PoolOptions;
  /** Do not wait until the pool is in service. */
  launching?: boolean;
}

/** Virtual seconds. */
export interface Bounds {
  jobWithin: number;
  /** From the end of the job to the end of its instance. */
  grace: number;
  /** Until nothing is left of it at GitHub and in Secrets Manager. */
  clearWithin?: number;
}

/** Intercepts calls to AWS: it may let a call through once, twice or not at all. */
export type Intercept = (call: { principal: string; action: string; instance?: string }, through: () => Promise<Shape>) => Promise<Shape>;

export class Harness {
  readonly environment: SimulatedEnvironment;
  readonly pool: Pool;
  /** All log lines of the functions. */
  readonly lines: FunctionLog[] = [];

  constructor({ pool = {}, ...environment }: HarnessOptions) {
    this.environment = new SimulatedEnvironment(environment);
    this.environment.functions.onLog = (line) => void this.lines.push(line);
    this.pool = this.environment.addPool(pool);
  }

  /** Intercepts all calls to AWS. Returns a function that removes the interception. */
  intercept(handler: Intercept): () => void {
    const { gateway } = this.environment;
    const call = gateway.call;
    gateway.call = (principal, action, params) => {
      const instance = principal.kind === "instance" ? { instance: principal.instanceId } : {};
      return handler({ principal: labelOf(principal), action, ...instance }, () => call.call(gateway, principal, action, params));
    };
    return () => void (gateway.call = call);
  }

  state(job: string): string {
    return this.environment.github.job(job).state;
  }

  /** Waits until `instances` instances are in service with their runners online. */
  async ready(instances: number, seconds = BOOT): Promise<void> {
    await this.within(seconds, () => this.pool.ready().length === instances, `${instances} instances in service`);
  }

  /** Starts a job on an instance of the pool. */
  async busy(job: { seconds: number; setupSeconds?: number; instance?: string }): Promise<{ job: string; instance: string }> {
    const instance = job.instance ?? this.pool.ready()[0]!;
    const id = this.pool.queueJob({ ...job, instance });
    await this.within(60, () => this.state(id) === "acquired", "the job is acquired");
    return { job: id, instance };
  }

  /** Fails unless the condition becomes true within the bound. */
  async within(seconds: number, condition: () => boolean, what: string): Promise<void> {
    if (await this.environment.until(condition, seconds)) return;
    const { timeline, github, secrets } = this.environment;
    const members = this.pool.instances().map((id) => `${id} ${this.lifecycle(id)}`);
    const jobs = github.jobs().map(({ id, state }) => `${id} ${state}`);
    const runners = github.runners().map(({ name, online, busy }) => `${name} ${online ? "online" : "offline"}${busy ? " busy" : ""}`);
    const last = timeline.events
      .slice(-12)
      .map((event) => JSON.stringify(event))
      .join("\n");
    assert.fail(
      `not within ${seconds} s: ${what}\nmembers: ${members}\njobs: ${jobs}\nrunners: ${runners}\nsecrets: ${secrets.names()}\n${last}`,
    );
  }

  async ended(job: string, seconds: number): Promise<void> {
    await this.within(seconds, () => !["queued", "assigned", "acquired"].includes(this.state(job)), `${job} ends`);
  }

  async gone(instance: string, seconds: number): Promise<void> {
    await this.within(seconds, () => !this.pool.instances().includes(instance), `${instance} terminates`);
  }

  /** The job succeeds, the instance terminates within `grace` seconds after it, and nothing is left of it. */
  async keepsPromise({ job, instance }: { job: string; instance: string }, { jobWithin, grace, clearWithin }: Bounds): Promise<number> {
    await this.ended(job, jobWithin);
    assert.equal(this.state(job), "succeeded");
    await this.gone(instance, grace);
    await this.cleared(clearWithin);
    assert.equal(this.metric(METRIC.busyAtTermination), 0, "no loss is reported without a loss");
    return this.secondsAfterJob(instance, job);
  }

  /** GitHub has only runners of existing instances, and Secrets Manager no registration token of an instance. */
  async cleared(seconds = CLEAR): Promise<void> {
    const kept = new Set(["github-token", sharedTokenName(this.pool.names.secretPrefix)]);
    const left = () => {
      const members = this.pool.instances();
      const runners = this.environment.github.runners().filter(({ name }) => !members.includes(name));
      const secrets = this.environment.secrets.names().filter((name) => !kept.has(name));
      return runners.length + secrets.length;
    };
    await this.within(seconds, () => left() === 0, "nothing is left at GitHub or in Secrets Manager");
  }

  /** Whole seconds, rounded up, from the end of the job to the termination of its instance. */
  secondsAfterJob(instance: string, job: string): number {
    const end = this.environment.timeline.events.find(
      (event) => event.kind === "instance-state" && event.instance === instance && event.state.endsWith("Terminated"),
    );
    assert.ok(end, `${instance} never terminated`);
    return Math.ceil((end.at - this.environment.github.job(job).endedAt!) / 1000);
  }

  /** Milliseconds since the epoch at which the instance first entered the state. */
  entered(instance: string, state: string): number {
    const found = this.environment.timeline.events.find(
      (event) => event.kind === "instance-state" && event.instance === instance && event.state === state,
    );
    assert.ok(found, `${instance} was never ${state}`);
    return found.at;
  }

  lifecycle(instance: string): string | undefined {
    return this.environment.autoscaling.group(this.pool.names.group)?.instances.find(({ id }) => id === instance)?.state;
  }

  /** Sum of a metric of the pool. */
  metric(name: string): number {
    return this.points(name).reduce((sum, { value, count }) => sum + value * count, 0);
  }

  /** The highest value that one sweep reported. */
  highest(name: string): number {
    return Math.max(0, ...this.points(name).map(({ value }) => value));
  }

  private points(name: string) {
    return this.environment.cloudwatch.metrics.points(METRIC_NAMESPACE, name, { [POOL_DIMENSION]: this.pool.config.pool });
  }

  /** Function log lines with this level and wording. */
  logged(level: FunctionLog["level"], words: RegExp): FunctionLog[] {
    return this.lines.filter((line) => line.level === level && words.test(line.message));
  }

  /** Number of matching log lines of a host. */
  hostLogged(instance: string, words: RegExp): number {
    return this.environment.timeline.events.filter((e) => e.kind === "host-log" && e.instance === instance && words.test(e.message)).length;
  }

  /** Number of AWS calls that failed with the code. */
  failedCalls(action: string, code: string, principal?: string): number {
    return this.environment.timeline.events.filter(
      (e) => e.kind === "api-call" && e.action === action && e.outcome === code && (principal ?? e.principal) === e.principal,
    ).length;
  }

  deadLetters(): readonly { body: string }[] {
    return this.environment.queues.peek(`arn:aws:sqs:eu-central-1:123456789012:${this.pool.names.deadLetterQueue}`);
  }

  async close(): Promise<void> {
    await this.environment.close();
    assert.deepEqual(this.environment.defects, []);
  }
}

/** Runs `act` in one harness and closes it, even after a failure. */
export async function harness<T>(options: HarnessOptions, act: (harness: Harness) => Promise<T>): Promise<T> {
  const opened = new Harness(options);
  try {
    if (!options.launching) await opened.ready(options.pool?.instances ?? 1);
    return await act(opened);
  } finally {
    await opened.close();
  }
}

/** Runs `act` once for each moment, each in its own harness. A failure names its moment. */
export async function each<M, T>(
  moments: readonly M[],
  options: HarnessOptions | ((moment: M) => HarnessOptions),
  act: (harness: Harness, moment: M) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const [index, moment] of moments.entries()) {
    try {
      const chosen = typeof options === "function" ? options(moment) : options;
      // Different latencies for each, so that a grid of moments does not repeat one path.
      results.push(await harness({ seed: FIRST_SEED + index, ...chosen }, (opened) => act(opened, moment)));
    } catch (error) {
      const { message, stack } = error as Error;
      throw Object.assign(new Error(`at ${JSON.stringify(moment)}: ${message}`), { stack });
    }
  }
  return results;
}

/** `count` moments, `step` apart, from `from` on. */
export function every(step: number, count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index * step);
}

/** All pairs of the two. */
export function pairs<A, B>(one: readonly A[], other: readonly B[]): [A, B][] {
  return one.flatMap((a) => other.map((b): [A, B] => [a, b]));
}

/** Drains that kept the promise, by the seconds from each job to the end of its instance. */
export function kept(graces: readonly number[]): string {
  return `${count(graces.length, "job")} succeeded, instances terminated at most ${highestOf(graces)} s after the job`;
}

export const highestOf = (numbers: readonly number[]): number => Math.max(...numbers);
