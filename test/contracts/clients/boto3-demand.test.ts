import assert from "node:assert/strict";
import { deployTable } from "../../rehearsal/aws/dynamodb/table";
import { deployFunction } from "../../rehearsal/aws/lambda/deployed-functions";
import { ClientRig } from "./rig";

const TableName = "ledger";
const key = (id: number) => ({ pk: { S: `job#${id}` }, sk: { S: "job" } });

describe("boto3 at the services of the AWS stand-in that a source of demand uses", () => {
  let rig: ClientRig;
  const call = (service: string, operation: string, params: object = {}) => rig.boto.call(service, operation, params);

  before(async function () {
    rig = await ClientRig.open(this);
    deployTable(rig.harness.store);
    deployFunction(
      rig.harness,
      "setup",
      "export const handler = async ({ task }) => { if (!task) throw new Error('no task'); return { task }; };",
    );
  });
  after(() => rig?.close());
  afterEach(() => assert.deepEqual(rig.harness.defects, []));

  it("writes, queries page by page and asks for the time to live", async () => {
    for (const id of [1, 2, 3]) {
      await call("dynamodb", "put_item", {
        TableName,
        Item: { ...key(id), list: { S: "open#a" }, at: { S: String(id) }, n: { N: String(id) } },
      });
    }
    const query = {
      TableName,
      IndexName: "lists",
      KeyConditionExpression: "#list = :list",
      ExpressionAttributeNames: { "#list": "list" },
      ExpressionAttributeValues: { ":list": { S: "open#a" } },
      PaginationConfig: { PageSize: 2 },
    };
    const pages = await rig.boto.pages("dynamodb", "query", query);
    assert.deepEqual(
      pages.map(({ Items }: any) => Items.map(({ n }: any) => n.N)),
      [["1", "2"], ["3"]],
    );
    // Not DescribeTable: AWS returns 0 for NumberOfDecreasesToday, which its own model does not allow.
    const { TimeToLiveDescription } = await call("dynamodb", "describe_time_to_live", { TableName });
    assert.deepEqual(TimeToLiveDescription, { TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" });
  });

  it("gets the item of a failed condition, and the reasons of a cancelled transaction", async () => {
    const Put = {
      TableName,
      Item: key(1),
      ConditionExpression: "attribute_not_exists(pk)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    const alone = await rig.boto.fails("dynamodb", "put_item", Put);
    assert.deepEqual([alone.class, alone.Code, alone.status], ["ConditionalCheckFailedException", "ConditionalCheckFailedException", 400]);
    const { class: kind, Message } = await rig.boto.fails("dynamodb", "transact_write_items", { TransactItems: [{ Put }] });
    assert.deepEqual([kind, /\[ConditionalCheckFailed\]$/.test(Message ?? "")], ["TransactionCanceledException", true]);
  });

  it("invokes a function, puts events and asks for percentiles", async () => {
    const invoke = (event: object) => call("lambda", "invoke", { FunctionName: "setup", Payload: JSON.stringify(event) });
    const [done, failed] = [await invoke({ task: "rotate-secret" }), await invoke({})];
    assert.deepEqual([done.StatusCode, done.FunctionError, failed.FunctionError], [200, undefined, "Unhandled"]);
    const entry = { Source: "ci-runners.workflow-jobs", DetailType: "Demand Changed", Detail: '{"pool":"p"}' };
    const put = await call("events", "put_events", { Entries: [entry, { ...entry, Detail: "x" }] });
    assert.deepEqual([put.FailedEntryCount, put.Entries[1].ErrorCode], [1, "MalformedDetail"]);
    const at = Date.UTC(2026, 0, 1);
    for (const value of [1, 2, 3]) rig.harness.cloudwatch.metrics.put({ namespace: "N", name: "M", dimensions: {}, value, count: 1, at });
    const window = { StartTime: "2026-01-01T00:00:00Z", EndTime: "2026-01-01T00:05:00Z", Period: 300 };
    const { Datapoints } = await call("cloudwatch", "get_metric_statistics", {
      Namespace: "N",
      MetricName: "M",
      ...window,
      ExtendedStatistics: ["p50", "p99"],
    });
    assert.deepEqual(Datapoints[0].ExtendedStatistics, { p50: 2, p99: 3 });
  });
});
