import assert from "node:assert/strict";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { outranks } from "../../../../functions/shared/ledger/expressions";
import { LedgerTable } from "../../../../functions/shared/ledger/table";
import { TestDynamoDb } from "../../support/dynamodb";
import { InProcessDynamoDb } from "../../support/in-process-dynamodb";

const SCHEMA = {
  partitionKey: "pk",
  sortKey: "sk",
  index: "lists",
  indexPartitionKey: "list",
  indexSortKey: "at",
  timeToLive: "expiresAt",
};
const NOW = Date.parse("2026-11-29T08:00:00Z");
const KEY = { pk: "job#1", sk: "job" };

const overHttp = new TestDynamoDb();
// Most other tests of a ledger use the second. It must not differ from the first, which has the SDK and AWS's protocol.
for (const [how, dynamoDb] of [
  ["over HTTP", overHttp],
  ["in this process", new InProcessDynamoDb()],
] as const) {
  describe(`a ledger's table, judged by a DynamoDB of others ${how}`, () => {
    let table: LedgerTable;
    let name: string;

    if (dynamoDb === overHttp) {
      before(() => overHttp.start());
      after(() => overHttp.stop());
    }
    beforeEach(async () => {
      name = await dynamoDb.table(SCHEMA);
      table = new LedgerTable(dynamoDb.client, name, SCHEMA, () => NOW);
    });

    it("stores and returns every kind of value, also under names that DynamoDB reserves", async () => {
      const set = { pool: "ci", status: "queued", name: "x", owner: "y", token: "z", state: 3, ttl: true, labels: ["a", "b"], data: [] };
      assert.equal(await table.update({ key: KEY, set }), "applied");
      assert.deepEqual(await table.get(KEY), { ...KEY, ...set });
    });

    it("leaves what is undefined as it is, and removes what it is told to", async () => {
      await table.update({ key: KEY, set: { runner: "i-1", cause: "booting" } });
      await table.update({ key: KEY, set: { runner: undefined }, remove: ["cause", "absent"] });
      assert.deepEqual(await table.get(KEY), { ...KEY, runner: "i-1" });
    });

    it("applies each rank once, whatever the order, or a late event would undo a newer one", async () => {
      const apply = (rank: number, status: string) => table.update({ key: KEY, set: { rank, status }, when: outranks("rank", rank) });
      assert.deepEqual(
        [await apply(2, "queued"), await apply(4, "completed"), await apply(3, "late"), await apply(4, "twice")],
        ["applied", "applied", "refused", "refused"],
      );
      assert.equal((await table.get(KEY))?.status, "completed");
    });

    it("lets one of many simultaneous claims through", async () => {
      const claims = Array.from({ length: 20 }, (_, n) => table.update({ key: KEY, set: { claim: n }, when: { absent: "claim" } }));
      assert.equal((await Promise.all(claims)).filter((outcome) => outcome === "applied").length, 1);
    });

    it("refuses a comparison with what an item lacks, and combines conditions", async () => {
      const older = { attribute: "seenAt", is: "<", value: 5 } as const;
      const write = (when: Parameters<LedgerTable["update"]>[0]["when"]) => table.update({ key: KEY, set: { seenAt: 1 }, when });
      assert.equal(await write(older), "refused");
      assert.equal(await write({ any: [{ absent: "seenAt" }, older] }), "applied");
      assert.equal(await write({ all: [{ present: "seenAt" }, { attribute: "seenAt", is: ">", value: 1 }] }), "refused");
      const either = { any: [{ present: "seenAt" }, older] };
      assert.equal(await write({ all: [either, { absent: "seenAt" }] }), "refused", "a part of a condition is decided on its own");
      assert.equal(await table.delete(KEY, { attribute: "seenAt", is: "=", value: 9 }), "refused");
      assert.equal(await table.delete(KEY), "applied");
      assert.equal(await table.delete(KEY), "applied", "also a second time");
      assert.equal(await table.get(KEY), undefined);
    });

    it("lists all pages of the index in order, without what left it", async () => {
      // Each of 300 KB, so that a page of at most 1 MB has three.
      const filler = "x".repeat(300_000);
      for (const n of [3, 1, 4, 2, 5, 6, 7]) {
        await table.update({ key: { pk: `job#${n}`, sk: "job" }, set: { list: "open", at: `${n}`, n, filler } });
      }
      await table.update({ key: { pk: "job#4", sk: "job" }, remove: ["list", "at"] });
      await table.update({ key: { pk: "job#8", sk: "job" }, set: { list: "other", at: "0" } });
      assert.deepEqual(
        (await table.list("open")).map(({ n }) => n),
        [1, 2, 3, 5, 6, 7],
      );
    });

    it("reads the items of one partition by their prefix", async () => {
      for (const sk of ["repository#a", "repository#b", "round"]) await table.update({ key: { pk: "reconciler", sk }, set: { v: sk } });
      await table.update({ key: { pk: "other", sk: "repository#c" }, set: { v: "c" } });
      assert.deepEqual(
        (await table.partition("reconciler", "repository#")).map(({ v }) => v),
        ["repository#a", "repository#b"],
      );
    });

    it("omits what has expired, which AWS deletes days later", async () => {
      const seconds = NOW / 1000;
      await table.update({ key: KEY, set: { list: "open", at: "1", expiresAt: seconds } });
      await table.update({ key: { pk: "job#2", sk: "job" }, set: { list: "open", at: "2", expiresAt: seconds + 1 } });
      assert.equal(await table.get(KEY), undefined);
      assert.deepEqual(
        (await table.list("open")).map(({ pk }) => pk),
        ["job#2"],
      );
    });

    it("omits an attribute of a type that a person has added", async () => {
      await dynamoDb.client.send(new PutItemCommand({ TableName: name, Item: { pk: { S: "p" }, sk: { S: "s" }, note: { NULL: true } } }));
      assert.deepEqual(await table.get({ pk: "p", sk: "s" }), { pk: "p", sk: "s" });
    });

    it("throws anything but a refused condition, so that a failure is never mistaken for a duplicate", async () => {
      const missing = new LedgerTable(dynamoDb.client, "missing", SCHEMA, () => NOW);
      await assert.rejects(missing.update({ key: KEY, set: { a: 1 } }), { name: "ResourceNotFoundException" });
    });

    it("sends nothing after the bound of its caller, and waits for no answer beyond it", async () => {
      await assert.rejects(table.update({ key: KEY, set: { a: 1 } }, AbortSignal.abort()), { name: "AbortError" });
      assert.equal(await table.get(KEY), undefined);
      const bound = new AbortController();
      const waiting = table.get(KEY, bound.signal);
      bound.abort();
      await assert.rejects(waiting, { name: "AbortError" });
    });
  });
}
