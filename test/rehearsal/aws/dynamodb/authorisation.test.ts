import assert from "node:assert/strict";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import { deployRole, startHarness, type AwsHarness } from "../harness";
import { deployTable, TABLE_ARN } from "./table";

const TableName = "ledger";
const INDEX_ARN = `${TABLE_ARN}/index/lists`;
const caller: Principal = { kind: "function", functionName: "webhook", roleName: "webhook" };
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: "job" } });
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/k1";

describe("what IAM must allow for DynamoDB in the stand-in", () => {
  let harness: AwsHarness;
  before(async () => {
    harness = await startHarness();
  });
  after(() => harness.end());
  beforeEach(() => deployTable(harness.store, { tagsAll: { team: "a" } }));

  const allow = (Action: string | string[], more: object = {}) =>
    deployRole(harness.store, "webhook", [{ Effect: "Allow", Action, Resource: TABLE_ARN, ...more }]);
  const leading = (...patterns: string[]) => ({ Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns } } });
  const call = (operation: string, params: Shape = {}) => harness.gateway.call(caller, `dynamodb:${operation}`, { TableName, ...params });
  const denied = (promise: Promise<unknown>, action: string, resource = TABLE_ARN) =>
    assert.rejects(promise, ({ code, message }: any) => {
      assert.equal(code, "AccessDeniedException");
      assert.ok(message.includes(`to perform: dynamodb:${action} on resource: ${resource} `), message);
      return true;
    });

  it("is the action on the table's ARN, and nothing of another table", async () => {
    allow("dynamodb:GetItem");
    await call("GetItem", { Key: key("a") });
    await denied(call("PutItem", { Item: key("a") }), "PutItem");
    allow("dynamodb:*", { Resource: `${TABLE_ARN}-2` });
    await denied(call("GetItem", { Key: key("a") }), "GetItem");
  });

  const query = {
    KeyConditionExpression: "#list = :list AND #at > :at",
    ExpressionAttributeNames: { "#list": "list", "#at": "at" },
    ExpressionAttributeValues: { ":list": { S: "open#a" }, ":at": { S: "2026" } },
  };

  it("is the index's own ARN for a query of an index", async () => {
    allow("dynamodb:Query");
    await denied(call("Query", { ...query, IndexName: "lists" }), "Query", INDEX_ARN);
    allow("dynamodb:Query", { Resource: `${TABLE_ARN}/index/*`, ...leading("open#*") });
    await call("Query", { ...query, IndexName: "lists" });
    await denied(call("Query", { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": { S: "a" } } }), "Query");
  });

  it("can be limited to partitions, for every key that a call names", async () => {
    allow(["dynamodb:*"], leading("job#*"));
    await call("UpdateItem", { Key: key("job#1"), UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": { S: "1" } } });
    await denied(call("DeleteItem", { Key: key("pool#1") }), "DeleteItem");
    const batch = (...keys: string[]) => ({ RequestItems: { [TableName]: { Keys: keys.map(key) } } });
    await call("BatchGetItem", batch("job#1", "job#2"));
    await denied(call("BatchGetItem", batch("job#1", "pool#1")), "BatchGetItem");
    const puts = (...keys: string[]) => ({ RequestItems: { [TableName]: keys.map((pk) => ({ PutRequest: { Item: key(pk) } })) } });
    await denied(call("BatchWriteItem", puts("job#1", "pool#1")), "BatchWriteItem");
    await denied(call("Query", { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": { S: "pool#1" } } }), "Query");
  });

  it("can be limited to attributes, those of conditions included", async () => {
    const Condition = { "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk", "v"] } };
    allow("dynamodb:*", { Condition });
    const update = (UpdateExpression: string, more: Shape = {}) =>
      call("UpdateItem", { Key: key("a"), UpdateExpression, ExpressionAttributeValues: { ":v": { S: "1" } }, ...more });
    await update("SET v = :v");
    await denied(update("SET v = :v, w = :v"), "UpdateItem");
    await denied(update("SET v = :v", { ConditionExpression: "attribute_not_exists(w)" }), "UpdateItem");
    await denied(call("PutItem", { Item: { ...key("a"), w: { S: "1" } } }), "PutItem");
    await denied(call("GetItem", { Key: key("a"), ProjectionExpression: "v, w.x" }), "GetItem");
    // As at AWS: the key is absent where all attributes are read, which only dynamodb:Select can refuse.
    await call("GetItem", { Key: key("a") });
    allow("dynamodb:*", { Condition: { ...Condition, StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" } } });
    await denied(call("GetItem", { Key: key("a") }), "GetItem");
    await call("GetItem", { Key: key("a"), ProjectionExpression: "v" });
  });

  it("is for a transaction what its items need, since IAM has no action for transactions", async () => {
    allow(["dynamodb:PutItem", "dynamodb:TransactWriteItems"]);
    const Put = { TableName, Item: key("a") };
    const ConditionCheck = { TableName, Key: key("b"), ConditionExpression: "attribute_not_exists(pk)" };
    await call("TransactWriteItems", { TableName: undefined, TransactItems: [{ Put }] });
    const both = { TableName: undefined, TransactItems: [{ Put }, { ConditionCheck }] };
    await denied(call("TransactWriteItems", both), "ConditionCheckItem");
    allow(["dynamodb:PutItem", "dynamodb:ConditionCheckItem"], {
      Condition: { StringEquals: { "dynamodb:EnclosingOperation": "TransactWriteItems" } },
    });
    await call("TransactWriteItems", both);
    await denied(call("PutItem", Put), "PutItem");
  });

  it("may depend on the table's tags, and a table that does not exist has none", async () => {
    allow("dynamodb:*", { Condition: { StringEquals: { "aws:ResourceTag/team": "a" } } });
    await call("GetItem", { Key: key("a") });
    const before = harness.denied().length;
    harness.store.remove("aws:dynamodb/table:Table", "ledger");
    await denied(call("GetItem", { Key: key("a") }), "GetItem");
    assert.equal(harness.denied().length, before, "not the policy's fault");
  });

  it("is also the use of a customer's key, by the caller and through DynamoDB", async () => {
    const statement = { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    harness.store.put({ type: "aws:kms/key:Key", id: "k1", state: { arn: KEY, policy } });
    deployTable(harness.store, { serverSideEncryption: { enabled: true, kmsKeyArn: KEY } });
    allow("dynamodb:*");
    await assert.rejects(call("GetItem", { Key: key("a") }), { code: "AccessDeniedException", message: /kms:Decrypt/ });
    await call("DescribeTable");
    const use = { Effect: "Allow", Action: "kms:Decrypt", Resource: KEY };
    const through = (service: string) => ({
      ...use,
      Condition: { StringEquals: { "kms:ViaService": `${service}.eu-central-1.amazonaws.com` } },
    });
    const table = { Effect: "Allow", Action: "dynamodb:*", Resource: TABLE_ARN };
    deployRole(harness.store, "webhook", [table, through("sqs")]);
    await assert.rejects(call("GetItem", { Key: key("a") }), { code: "AccessDeniedException" });
    deployRole(harness.store, "webhook", [table, through("dynamodb")]);
    await call("GetItem", { Key: key("a") });
  });
});
