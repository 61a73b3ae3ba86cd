import assert from "node:assert/strict";
import type { Shape } from "../../../../rehearsal/aws/api";
import { DynamoDb } from "../../../../rehearsal/aws/dynamodb";
import { Iam } from "../../../../rehearsal/aws/iam/iam";
import { KmsKeys } from "../../../../rehearsal/aws/kms/keys";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { ACCOUNT } from "../harness";
import { deployTable } from "./table";

const TableName = "ledger";
const key = (id: number) => ({ pk: { S: `job#${id}` }, sk: { S: "job" } });
const put = (id: number, value: string, more: Shape = {}) => ({ Put: { TableName, Item: { ...key(id), v: { S: value } }, ...more } });
const ABSENT = { ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" };

describe("DynamoDB's transactions in the stand-in", () => {
  const clock = new VirtualClock();
  let db: DynamoDb;
  beforeEach(() => {
    const store = new MemoryStore();
    const iam = new Iam(store, ACCOUNT);
    db = new DynamoDb({ clock, store, keys: new KmsKeys(store, iam, ACCOUNT), account: ACCOUNT });
    deployTable(store);
  });
  after(() => clock.close());

  const call = (operation: string, params: Shape) => db.execute(operation, params, { kind: "operator" });
  const write = (...TransactItems: Shape[]) => call("TransactWriteItems", { TransactItems });
  const value = async (id: number) => (((await call("GetItem", { TableName, Key: key(id) }))["Item"] ?? {}) as any).v?.S;

  it("write all items or, if one is refused, none: also not the index entries of the others", async () => {
    await write(put(1, "a"));
    const open = { ...put(3, "c").Put, Item: { ...key(3), list: { S: "open" }, at: { S: "1" } } };
    await assert.rejects(write(put(2, "b"), { Put: open }, put(1, "z", ABSENT)), { code: "TransactionCanceledException" });
    assert.deepEqual([await value(1), await value(2), await value(3)], ["a", undefined, undefined]);
    const query = {
      KeyConditionExpression: "#l = :l",
      ExpressionAttributeNames: { "#l": "list" },
      ExpressionAttributeValues: { ":l": { S: "open" } },
    };
    assert.equal((await call("Query", { TableName, IndexName: "lists", ...query }))["Count"], 0);
  });

  it("give a reason for each item, in order, with the item that a failed condition met", async () => {
    await write(put(1, "a"));
    const exists = { ConditionCheck: { TableName, Key: key(9), ConditionExpression: "attribute_exists(pk)" } };
    await assert.rejects(write(put(2, "b"), put(1, "z", ABSENT), exists), (error: any) => {
      assert.match(error.message, /\[None, ConditionalCheckFailed, ConditionalCheckFailed\]$/);
      const Message = "The conditional request failed";
      assert.deepEqual(error.members.CancellationReasons, [
        { Code: "None" },
        { Code: "ConditionalCheckFailed", Message, Item: { ...key(1), v: { S: "a" } } },
        { Code: "ConditionalCheckFailed", Message },
      ]);
      return true;
    });
  });

  it("execute a request with a client token once within ten minutes", async () => {
    const request = { TransactItems: [put(1, "a", ABSENT)], ClientRequestToken: "token-1" };
    await call("TransactWriteItems", request);
    await call("TransactWriteItems", request);
    const other = { ...request, TransactItems: [put(1, "b")] };
    await assert.rejects(call("TransactWriteItems", other), { code: "IdempotentParameterMismatchException" });
    await clock.sleep(10 * 60_000 + 1);
    await assert.rejects(call("TransactWriteItems", request), { code: "TransactionCanceledException" });
  });

  it("refuse an item that is named twice, and a part that is no single operation", async () => {
    const twice = { Delete: { TableName, Key: key(1) } };
    await assert.rejects(write(put(1, "a"), twice), { message: "Transaction request cannot include multiple operations on one item" });
    await assert.rejects(write({ ...put(1, "a"), ...twice }), /can only contain one of/);
    await assert.rejects(write(), { code: "ValidationException" });
    await assert.rejects(write({ Delete: { TableName: "other", Key: key(1) } }), { code: "ResourceNotFoundException" });
  });

  it("read several items at one point in time, those that are missing as empty", async () => {
    await write(put(1, "a"));
    const TransactItems = [1, 2].map((id) => ({ Get: { TableName, Key: key(id), ProjectionExpression: "v" } }));
    assert.deepEqual(await call("TransactGetItems", { TransactItems }), { Responses: [{ Item: { v: { S: "a" } } }, {}] });
  });

  it("never show a half of themselves to a reader that runs meanwhile", async () => {
    const both = async () => (await call("BatchGetItem", { RequestItems: { [TableName]: { Keys: [key(1), key(2)] } } })) as any;
    const transaction = write(put(1, "a"), put(2, "b"));
    const reads = await Promise.all([both(), both(), both()]);
    await transaction;
    for (const { Responses } of reads) assert.equal(Responses[TableName].length, 2);
  });
});
