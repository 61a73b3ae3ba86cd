import assert from "node:assert/strict";
import { LEDGER, openJobsList, POOLS_LIST, UNSERVED_LIST } from "../../../../contract/workflow-jobs/ledger";
import { UNUSED_WEBHOOK_URL } from "../../../../contract/workflow-jobs/webhook";
import { hedge } from "../../../../functions/actions-runner-pool/scale/policy/hedge";
import { TABLE } from "../../../../rehearsal/aws/dynamodb/tables";
import { Cleanup } from "../../../../rehearsal/cleanup";
import { Overdue, until } from "../../../../rehearsal/environment/scenario-context";
import { Random } from "../../../../rehearsal/random";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import { type DemandFigures, demandFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/demand-figures";
import { type DemandOutcome, followQueue } from "../../../../rehearsal/scenarios/actions-runner-pool/follow-queue";
import { type PlannedJob, planJobs } from "../../../../rehearsal/scenarios/actions-runner-pool/job-plan";
import type { PoolContext } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-context";
import { openPoolEnvironment, type PoolEnvironment } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-environment";

/** Several times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 900_000;
const OPERATOR = { kind: "operator" } as const;
const RULE = "aws:cloudwatch/eventRule:EventRule";

const options = parseOptions(["--hosts", "simulated", "--instances", "2"])!;

async function openPool(cleanup: Cleanup): Promise<PoolEnvironment> {
  const environment = await openPoolEnvironment({ options, hosts: "simulated", say: () => undefined, cleanup });
  const { context } = environment;
  await context.engine.up();
  await until(context, "2 runners online", 600, () => context.jobs.online().length === 2);
  return environment;
}

/** Ids of the jobs in a list of the ledger. */
async function listed({ aws }: PoolEnvironment, list: string): Promise<string[]> {
  const { Items } = await aws.gateway.call(OPERATOR, "dynamodb:Query", {
    TableName: aws.store.list(TABLE)[0]!.state["name"],
    IndexName: LEDGER.index,
    KeyConditionExpression: "#list = :list",
    ExpressionAttributeNames: { "#list": LEDGER.indexPartitionKey },
    ExpressionAttributeValues: { ":list": { S: list } },
  });
  return (Items as Record<string, { S?: string }>[]).map((item) => item["pk"]?.S ?? "");
}

/** Every job that waits or runs as far as the ledger knows. */
async function openJobs(environment: PoolEnvironment): Promise<string[]> {
  const pools = (await listed(environment, POOLS_LIST)).map((key) => key.replace("pool#", ""));
  assert.equal(pools.length, 1);
  const lists = [openJobsList(pools[0]!), UNSERVED_LIST];
  return (await Promise.all(lists.map((list) => listed(environment, list)))).flat();
}

/** Statuses of a job that the webhook recorded, in order; what the ledger refused is not among them. */
function recorded({ aws, github }: PoolEnvironment, { id }: PlannedJob): string[] {
  return aws.lambda.logs.flatMap(({ functionName, line }) => {
    if (!functionName.endsWith("-webhook") || !line.includes('"job recorded"')) return [];
    const { jobId, jobStatus } = JSON.parse(line) as { jobId: number; jobStatus: string };
    return jobId === github.job(id!).number ? [jobStatus] : [];
  });
}

describe("a pool that follows its queue", function () {
  this.timeout(BOUND_MS);
  const cleanup = new Cleanup();
  const jobs = planJobs(options, new Random(1)).demand;
  let environment: PoolEnvironment;
  let outcome: DemandOutcome;
  let figures: DemandFigures;
  let open: string[];
  let raised: string[];

  const events = () => environment.context.timeline.events;

  before(async () => {
    environment = await openPool(cleanup);
    const { context, aws } = environment;
    outcome = (await followQueue(context, jobs))!;
    figures = demandFigures(outcome, events(), aws.cloudwatch.metrics.all());
    open = await openJobs(environment);
    raised = aws.alarms().flatMap(({ name, firstRaisedAt }) => (firstRaisedAt === undefined ? [] : [name]));
    await context.engine.destroy();
  });
  after(() => cleanup.run());

  it("grows from zero and shrinks to zero without an error, and every job succeeds", () => {
    assert.ok(figures.scaler.peak >= 2, JSON.stringify(figures));
    assert.equal(figures.scaler.errors, 0);
    const ends = events().flatMap((event) =>
      event.kind === "job" && ["succeeded", "failed", "lost"].includes(event.change) ? [event.change] : [],
    );
    assert.deepEqual(ends, Array(Object.keys(jobs).length).fill("succeeded"));
    assert.deepEqual(environment.aws.defects, []);
  });

  it("starts the job whose delivery was lost, which was alone in the queue of an empty pool while GitHub was away", () => {
    assert.equal(figures.lostDeliveries, 1);
    assert.ok(events().some((event) => event.kind === "webhook" && event.outcome === "502 Invalid HTTP Response: 502"));
    const [queuedAt, startedAt] = (["queued", "acquired"] as const).map(
      (change) => events().find((event) => event.kind === "job" && event.job === jobs.lost.id && event.change === change)!.at,
    );
    assert.ok(startedAt! - queuedAt! > options.outage * 1000);
  });

  it("launches nothing for the delivery that arrived twice, nor for one that was requested again", () => {
    const statuses = recorded(environment, jobs.duplicated);
    assert.deepEqual(statuses, ["queued", "in_progress", "completed"]);
    const guids = events().flatMap((event) => (event.kind === "webhook" && event.outcome === "200 OK" ? [event.delivery] : []));
    assert.equal(guids.length, new Set(guids).size + 1, "no delivery arrived twice");
    const count = Object.keys(jobs).length;
    assert.ok(figures.scaler.launches <= count + hedge(count), JSON.stringify(figures));
  });

  it("leaves no open job in the ledger, although one was reported in progress after it had been completed", () => {
    assert.deepEqual(recorded(environment, jobs.swapped), ["queued", "completed"]);
    assert.deepEqual(open, []);
  });

  it("is not changed by a second up, although scaling has moved the group", () => {
    assert.equal(outcome.secondUpChanges, 0);
  });

  it("raises no alarm: the reconciliation repaired in time what was lost", () => {
    assert.deepEqual(raised, []);
  });

  it("needs no permissions beyond those granted, and leaves no table, secret, address or webhook behind", () => {
    assert.deepEqual(environment.aws.denied(), []);
    assert.deepEqual(environment.leftovers(), []);
    assert.deepEqual(environment.github.webhookUrls(), [UNUSED_WEBHOOK_URL]);
  });
});

describe("the control of a pool that follows its queue", function () {
  this.timeout(BOUND_MS);
  let cleanup: Cleanup;
  let environment: PoolEnvironment;
  beforeEach(async () => {
    cleanup = new Cleanup();
    environment = await openPool(cleanup);
  });
  afterEach(() => cleanup.run());

  /** The scenario, with the rules disabled as soon as the source of demand is deployed. Returns the lost job, which never starts. */
  async function withoutRules(names: RegExp): Promise<PlannedJob> {
    const { context, aws } = environment;
    const up = async () => {
      const result = await context.engine.up();
      const rules = aws.store.list(RULE).filter(({ state }) => names.test(String(state["name"])));
      assert.notEqual(rules.length, 0);
      for (const rule of rules) aws.store.put({ ...rule, state: { ...rule.state, state: "DISABLED" } });
      return result;
    };
    const engine: PoolContext["engine"] = Object.assign(Object.create(context.engine), { up });
    const jobs = planJobs(options, new Random(1)).demand;
    await assert.rejects(
      followQueue({ ...context, engine }, jobs),
      (error) => error instanceof Overdue && /a launch for the job whose delivery was lost/.test(error.message),
    );
    assert.equal(context.group.desired(), 0);
    assert.equal(environment.github.job(jobs.lost.id!).state, "queued");
    return jobs.lost;
  }

  it("never starts the job whose delivery was lost without the reconciliation, which nothing else has heard of", async () => {
    await withoutRules(/-reconcile$/);
    assert.deepEqual(await openJobs(environment), []);
  });

  it("never grows without the scaler's schedule and events, although the job is in the ledger", async () => {
    const lost = await withoutRules(/-(scale|demand)$/);
    assert.deepEqual(await openJobs(environment), [`job#${environment.github.job(lost.id!).number}`]);
  });
});
