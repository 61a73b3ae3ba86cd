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
const Key = { pk: { S: "job#1" }, sk: { S: "job" } };
const OPEN = { list: { S: "open" }, at: { S: "1" } };

describe("an index that is behind its table", () => {
  let clock: VirtualClock;
  let db: DynamoDb;
  beforeEach(() => {
    clock = new VirtualClock();
    const store = new MemoryStore();
    db = new DynamoDb({ clock, store, keys: new KmsKeys(store, new Iam(store, ACCOUNT), ACCOUNT), account: ACCOUNT });
    deployTable(store);
    db.indexDelay.settings.ms = 500;
  });
  afterEach(() => clock.close());

  const call = (operation: string, params: Shape) => db.execute(operation, { TableName, ...params }, { kind: "operator" });
  const listed = async () => {
    const query = {
      KeyConditionExpression: "#l = :l",
      ExpressionAttributeNames: { "#l": "list" },
      ExpressionAttributeValues: { ":l": OPEN.list },
    };
    return (await call("Query", { IndexName: "lists", ...query }))["Count"];
  };
  const item = async () => (await call("GetItem", { Key }))["Item"];

  it("does not show what was just written or removed, while the table itself does", async () => {
    await call("PutItem", { Item: { ...Key, ...OPEN } });
    assert.deepEqual([await listed(), await item()], [0, { ...Key, ...OPEN }]);
    await clock.sleep(500);
    assert.equal(await listed(), 1);
    await call("DeleteItem", { Key });
    assert.deepEqual([await listed(), await item()], [1, undefined]);
    await clock.sleep(500);
    assert.equal(await listed(), 0);
  });

  it("does not bring back what a transaction took back", async () => {
    const Put = { TableName, Item: { ...Key, ...OPEN } };
    const ConditionCheck = { TableName, Key: { ...Key, sk: { S: "none" } }, ConditionExpression: "attribute_exists(pk)" };
    const refused = db.execute("TransactWriteItems", { TransactItems: [{ Put }, { ConditionCheck }] }, { kind: "operator" });
    await assert.rejects(refused, { code: "TransactionCanceledException" });
    assert.deepEqual([await listed(), await item()], [0, undefined]);
    await clock.sleep(500);
    assert.deepEqual([await listed(), await item()], [0, undefined]);
  });
});
