import assert from "node:assert/strict";
import type { AwsError, Shape } from "../../../../rehearsal/aws/api";
import { DynamoDb } from "../../../../rehearsal/aws/dynamodb";
import { Iam } from "../../../../rehearsal/aws/iam/iam";
import { KmsKeys } from "../../../../rehearsal/aws/kms/keys";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { ACCOUNT } from "../harness";
import { deployTable, TABLE_ARN } from "./table";

const TableName = "ledger";

describe("the write capacity of a partition in the stand-in's DynamoDB", () => {
  let clock: VirtualClock;
  let db: DynamoDb;
  beforeEach(() => {
    clock = new VirtualClock();
    const store = new MemoryStore();
    db = new DynamoDb({ clock, store, keys: new KmsKeys(store, new Iam(store, ACCOUNT), ACCOUNT), account: ACCOUNT });
    deployTable(store);
  });
  afterEach(() => clock.close());

  const call = (operation: string, params: Shape) => db.execute(operation, params, { kind: "operator" });
  const put = (pk: string, more: Shape = {}) => call("PutItem", { TableName, Item: { pk: { S: pk }, sk: { S: "job" }, ...more } });
  const listed = (list: string, at = "1") => ({ list: { S: list }, at: { S: at } });
  /** How many of `count` writes at one instant are accepted, and the error of the others. */
  async function burst(count: number, write: (index: number) => Promise<unknown>): Promise<{ accepted: number; error?: AwsError }> {
    const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => write(index)));
    const refused = outcomes.filter((one): one is PromiseRejectedResult => one.status === "rejected");
    const error = refused[0]?.reason as AwsError | undefined;
    return { accepted: count - refused.length, ...(error ? { error } : {}) };
  }

  it("ends a burst at one list of the index after 1,000 writes, although the table's own keys are all different", async () => {
    const { accepted, error } = await burst(1100, (index) => put(`job#${index}`, listed("open#a")));
    assert.equal(accepted, 1000);
    assert.equal(error?.code, "ProvisionedThroughputExceededException");
    assert.deepEqual(error?.members["ThrottlingReasons"], [
      { reason: "IndexWriteKeyRangeThroughputExceeded", resource: `${TABLE_ARN}/index/lists` },
    ]);
    const { Item } = (await call("GetItem", { TableName, Key: { pk: { S: "job#1050" }, sk: { S: "job" } } })) as any;
    assert.equal(Item, undefined, "a throttled write must leave nothing");
    assert.equal((await burst(1, () => put("job#x", listed("open#b")))).accepted, 1, "another list is not affected");
    await clock.sleep(100);
    assert.equal((await burst(200, (index) => put(`job#later${index}`, listed("open#a")))).accepted, 100, "it refills with time");
  });

  it("is used up at the index only by writes that change its entry, and twice by those that move it", async () => {
    await put("job#1", listed("open#a"));
    await clock.sleep(1000);
    assert.equal((await burst(600, (index) => put("job#1", listed("open#a", String(index))))).accepted, 500);
    await clock.sleep(1000);
    await put("job#2", listed("open#c"));
    await clock.sleep(1000);
    assert.equal((await burst(1000, () => put("job#2", listed("open#c")))).accepted, 1000);
    assert.equal((await burst(1000, (index) => put(`job#n${index}`, listed("open#c")))).accepted, 1000);
  });

  it("is used up by the size of items, by conditions that do not hold, and doubly by transactions", async () => {
    const large = { text: { S: "x".repeat(9 * 1024) } };
    assert.equal((await burst(101, () => put("large", large))).accepted, 100);
    await put("once");
    await clock.sleep(1000);
    const absent = () =>
      call("PutItem", { TableName, Item: { pk: { S: "once" }, sk: { S: "job" } }, ConditionExpression: "attribute_not_exists(pk)" });
    const refusals = await Promise.allSettled(Array.from({ length: 1001 }, absent));
    assert.equal((refusals.at(-1) as PromiseRejectedResult).reason.code, "ProvisionedThroughputExceededException");
    assert.equal((refusals.at(-2) as PromiseRejectedResult).reason.code, "ConditionalCheckFailedException");
    const Put = { TableName, Item: { pk: { S: "transacted" }, sk: { S: "job" } } };
    assert.equal((await burst(501, () => call("TransactWriteItems", { TransactItems: [{ Put }] }))).accepted, 500);
  });

  it("returns what a batch could not write as unprocessed, and refuses the batch only if it wrote nothing", async () => {
    await burst(990, (index) => put(`job#${index}`, listed("open#a")));
    const batch = () => {
      const puts = Array.from({ length: 25 }, (_, index) => ({
        PutRequest: { Item: { pk: { S: `batch#${index}` }, sk: { S: "job" }, ...listed("open#a") } },
      }));
      return call("BatchWriteItem", { RequestItems: { [TableName]: puts } });
    };
    const { UnprocessedItems } = (await batch()) as any;
    assert.equal(UnprocessedItems[TableName].length, 15);
    const all = { RequestItems: UnprocessedItems };
    await assert.rejects(call("BatchWriteItem", all), { code: "ProvisionedThroughputExceededException" });
  });
});
