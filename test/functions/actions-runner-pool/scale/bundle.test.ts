import assert from "node:assert/strict";
import type { DemandSettings } from "../../../../contract/actions-runner-pool/demand";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { METRIC, SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { jobKey, POOLS_LIST, poolKey } from "../../../../contract/workflow-jobs/ledger";
import { operationOf, queryError } from "../../support/aws";
import { messages, metrics } from "../../support/bundle";
import { bundleRuns } from "../../support/bundle-runs";
import { TestDynamoDb } from "../../support/dynamodb";
import { INSTANCE, NAMES, POOL } from "../../support/events";
import { TestLedger } from "../../support/ledger";

const IDLE = "i-0bbbbbbbbbbbbbbbb";
const SCHEDULE = { source: "aws.events" };
const SETTINGS: DemandSettings = { idleTimeout: 0, minIdle: 0, schedules: [] };

const instances = (...members: [id: string, state: string, isProtected: boolean][]) =>
  members
    .map(
      ([id, state, isProtected]) =>
        `<member><InstanceId>${id}</InstanceId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><LifecycleState>${state}</LifecycleState><ProtectedFromScaleIn>${isProtected}</ProtectedFromScaleIn></member>`,
    )
    .join("");
const group = (desired: number, members: string) =>
  `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>10</MaxSize><DesiredCapacity>${desired}</DesiredCapacity><Instances>${members}</Instances><SuspendedProcesses></SuspendedProcesses></member></AutoScalingGroups>`;

describe("scale function bundle", () => {
  const functions = bundleRuns();
  const dynamoDb = new TestDynamoDb();
  let ledger: TestLedger;
  before(() => dynamoDb.start());
  after(() => dynamoDb.stop());
  beforeEach(async () => {
    // All rows of a test count from one moment: two readings of a clock may be a millisecond apart, and so then are the waits.
    const now = Date.now();
    ledger = await TestLedger.create(() => now, dynamoDb);
    await ledger.reconciled();
  });

  const run = (events: unknown[], operations: Parameters<typeof functions.run>[2]) =>
    functions.run("scale", events, operations, () => ({ status: 404 }), {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      [ENV.workflowJobsTable]: ledger.name,
      [ENV.demand]: JSON.stringify(SETTINGS),
    });
  const asked = (operation: string) =>
    functions.aws.seen.filter((one) => operationOf(one) === operation).map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

  it("launches for a waiting job, says why it waits, and publishes the waits of started jobs as a distribution", async () => {
    await ledger.job(POOL, 1);
    await ledger.job(POOL, 2, { jobStatus: "in_progress", startedAt: ledger.at(-20), runner: INSTANCE });
    await ledger.job(POOL, 3, { jobStatus: "in_progress", startedAt: ledger.at(-50), runner: "i-0cccccccccccccccc" });
    const result = await run([SCHEDULE], {
      DescribeAutoScalingGroups: () => group(1, instances([INSTANCE, "InService", true])),
      SetDesiredCapacity: () => "",
    });
    assert.equal(result.code, 0, result.stderr);
    const [{ AutoScalingGroupName, DesiredCapacity, HonorCooldown } = {}] = asked("SetDesiredCapacity");
    assert.deepEqual([AutoScalingGroupName, DesiredCapacity, HonorCooldown], [NAMES.group, "2", "false"]);
    assert.equal((await ledger.get(jobKey(1)))!.cause, "booting");
    assert.ok(messages(result).includes("scale: a job waits"));
    const published = metrics(result) as Record<string, unknown>;
    assert.deepEqual((published[SCALE_METRIC.queueTime] as number[]).sort(), [10, 40]);
    const units = result.lines.flatMap(({ _aws }) => _aws?.CloudWatchMetrics?.[0].Metrics ?? []);
    assert.equal(units.find(({ Name }: { Name: string }) => Name === SCALE_METRIC.queueTime).Unit, "Seconds");
    assert.deepEqual(
      [published[SCALE_METRIC.waitingJobs], published[SCALE_METRIC.runningJobs], published[SCALE_METRIC.scalerPasses]],
      [1, 2, 1],
    );
  });

  it("terminates an idle instance with a decrement, and not the one beside it that got a job meanwhile", async () => {
    const result = await run([SCHEDULE], {
      DescribeAutoScalingGroups: () => group(2, instances([INSTANCE, "InService", false], [IDLE, "InService", false])),
      DescribeAutoScalingInstances: () =>
        `<AutoScalingInstances>${instances([INSTANCE, "InService", true], [IDLE, "InService", false])}</AutoScalingInstances>`,
      TerminateInstanceInAutoScalingGroup: () => "<Activity></Activity>",
    });
    assert.equal(result.code, 0, result.stderr);
    const calls = asked("TerminateInstanceInAutoScalingGroup").map(({ InstanceId, ShouldDecrementDesiredCapacity }) => [
      InstanceId,
      ShouldDecrementDesiredCapacity,
    ]);
    assert.deepEqual(calls, [[IDLE, "true"]]);
    assert.deepEqual(asked("SetDesiredCapacity"), []);
  });

  it("does the rest, and succeeds, while Auto Scaling throttles the calls that change something", async () => {
    await ledger.job(POOL, 1);
    const result = await run([SCHEDULE], {
      DescribeAutoScalingGroups: () => group(0, ""),
      SetDesiredCapacity: () => queryError("Throttling", "Rate exceeded"),
    });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual([metrics(result)[SCALE_METRIC.scalerErrors], metrics(result)[SCALE_METRIC.scalerPasses]], [1, 1]);
  });

  it("remembers between invocations, and releases its lease", async () => {
    await ledger.job(POOL, 2, { jobStatus: "in_progress", startedAt: ledger.at(-20), runner: INSTANCE });
    const result = await run([SCHEDULE, SCHEDULE], {
      DescribeAutoScalingGroups: () => group(1, instances([INSTANCE, "InService", true])),
    });
    const values = (metric: string) => result.lines.flatMap((line) => (metric in line ? [line[metric]] : []));
    assert.deepEqual([values(SCALE_METRIC.queueTime), values(SCALE_METRIC.scalerPasses)], [[40], [1, 1]]);
    assert.deepEqual(Object.keys((await ledger.get(poolKey(POOL, "scaler")))!).sort(), ["expiresAt", "memory", "pk", "sk"]);
  });

  it("registers the pool for the stack, and counts an event that is none", async () => {
    const registration = { labels: ["self-hosted", "Linux"], priority: 0 };
    const result = await run([{ pool: POOL, task: "register-pool", registration, tf: { action: "create", prev_input: null } }, "text"], {});
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual((await ledger.table.list(POOLS_LIST))[0]!.labels, ["self-hosted", "linux"]);
    assert.equal(metrics(result)[METRIC.malformedEvents], 1);
    assert.deepEqual(result.awsCalls, []);
  });
});
