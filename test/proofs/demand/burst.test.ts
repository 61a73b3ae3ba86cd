import assert from "node:assert/strict";
import { SCALE_METRIC } from "../../../contract/actions-runner-pool/metrics";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { scalePorts } from "../../../functions/actions-runner-pool/scale/aws-ports";
import { dispatchScale } from "../../../functions/actions-runner-pool/scale/dispatch";
import { decide } from "../../../functions/actions-runner-pool/scale/policy/decide";
import type { AutoScaling } from "../../../functions/shared/aws/clients";
import { RecordingObserver } from "../../functions/support/observer";
import { FakeGroup, SETTINGS } from "../../functions/support/scale-harness";
import { CONCURRENCY, DemandModel, LABELS, ORGANIZATION, POOL } from "./demand-model";

const JOBS = 5_000;
/** GitHub's limit on the jobs of a matrix. */
const MATRIX = 256;
const MINUTE_MS = 60_000;
const SPREAD_MS = 2_000;
/** Between a signal and the start of the scale function, in ms. */
const BUS_MS = 300;

/** The scale function over a group whose instances never come: the jobs keep waiting. */
class Scaler {
  readonly group = new FakeGroup();
  readonly observer = new RecordingObserver();
  /** `time wanted` of each raise. */
  readonly raises: { at: number; to: number }[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly model: DemandModel) {
    this.group.maxSize = 10_000;
    model.onSignal = () => this.signal();
  }

  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private signal(): void {
    const run = this.run().finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async run(): Promise<void> {
    const { clock } = this.model;
    await clock.sleep(BUS_MS);
    const clients = { autoScaling: {} as AutoScaling, dynamoDb: this.model.client() };
    const ports = {
      ...scalePorts(clients, "ledger", POOL, decide, clock),
      group: async () => ({ ...this.group }),
      setDesired: async (_: string, desired: number) => {
        this.group.setDesired(desired);
        this.raises.push({ at: clock.now(), to: desired });
      },
      activities: async function* () {},
    };
    const event = { source: "ci-runners.workflow-jobs", "detail-type": "Demand Changed", detail: { workflowJobs: "jobs", pool: POOL } };
    const settings = { pool: POOL, group: "group", scaling: () => ({ scaling: SETTINGS, scheduledFloor: () => 0 }) };
    await dispatchScale(event, ports, settings, this.observer);
  }
}

const percentile = (values: readonly number[], share: number) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
describe("a burst of 5,000 jobs within a minute", function () {
  this.timeout(300_000);
  let model: DemandModel;
  let scaler: Scaler;
  let queuedAt: number;

  before(async () => {
    model = new DemandModel();
    await model.registerPool();
    // An index lags behind its table.
    await model.clock.sleep(1000);
    await model.reconcile();
    scaler = new Scaler(model);
    const matrices = Math.ceil(JOBS / MATRIX);
    for (let matrix = 0; matrix < matrices; matrix++) {
      const until = model.clock.now() + MINUTE_MS / matrices;
      const run = model.github.startRun(`${ORGANIZATION}/repository-${matrix}`, "matrix");
      for (let job = 0; job < MATRIX && matrix * MATRIX + job < JOBS; job++) {
        model.github.queueJob({ name: `job ${job}`, labels: LABELS, repository: run.repository, run: run.id });
        // Of every other matrix all jobs are queued at one instant, the others within two seconds.
        if (matrix % 2 === 1) await model.clock.sleep(SPREAD_MS / MATRIX);
      }
      queuedAt = model.clock.now();
      await model.clock.sleep(until - model.clock.now());
    }
    await model.github.deliveriesSettled();
    await scaler.settled();
  });
  after(() => model.close());

  it("stays within Lambda's concurrency, and answers each delivery within a second", () => {
    const { peak, refused, durations } = model.lambda;
    assert.equal(refused, 0);
    assert.ok(peak < CONCURRENCY / 2, `${peak} at once`);
    assert.ok(percentile(durations, 0.99) <= 1000, `p99 ${percentile(durations, 0.99)} ms`);
    assert.ok(Math.max(...durations) < DEMAND_TIMING.webhookBound * 1000);
  });

  it("records each job, within the writes of each partition, without an error", async () => {
    const { counts } = model.observer;
    assert.equal(counts[SOURCE_METRIC.deliveries], JOBS);
    assert.equal(counts[SOURCE_METRIC.deliveryErrors] ?? 0, 0);
    assert.equal(counts[SOURCE_METRIC.signalErrors] ?? 0, 0);
    assert.equal((await model.openJobs()).length, JOBS);
  });

  it("signals the scaler at most once a second", () => {
    const { signals } = model;
    const gaps = signals.slice(1).map((at, index) => at - signals[index]!);
    assert.ok(signals.length >= 25, `${signals.length} signals: the jobs came too few at a time`);
    assert.ok(Math.min(...gaps) >= DEMAND_TIMING.signalInterval * 1000, `${Math.min(...gaps)} ms`);
  });

  it("makes the pool want what waits within seconds of the last job", () => {
    const { raises, observer } = scaler;
    assert.equal(observer.counts[SCALE_METRIC.scalerErrors] ?? 0, 0);
    // Three jobs in ten have a second launch as a hedge against slow boots.
    assert.equal(raises.at(-1)?.to, JOBS * 1.3);
    const late = (raises.at(-1)!.at - queuedAt) / 1000;
    assert.ok(late < 5, `${late} s after the last job`);
  });

  it("needs no repair, and leaves most of the App's hour to the pool", async () => {
    await model.clock.sleep(DEMAND_TIMING.reconcileInterval * 1000);
    const [first = 0, next = 0] = await model.reconcileRegularly(2);
    const { counts } = model.observer;
    assert.equal(counts[SOURCE_METRIC.repairedJobs] ?? 0, 0);
    assert.equal(counts[SOURCE_METRIC.lostDeliveries] ?? 0, 0);
    assert.equal(counts[SOURCE_METRIC.reconcileErrors] ?? 0, 0);
    const hour = first + next * (3600 / DEMAND_TIMING.reconcileInterval - 1);
    assert.ok(hour <= 1600, `${hour} calls an hour`);
  });
});
