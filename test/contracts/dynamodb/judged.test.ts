import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import type { AwsError } from "../../../rehearsal/aws/api";
import { DynamoDb } from "../../../rehearsal/aws/dynamodb";
import { Engine } from "../../../rehearsal/aws/dynamodb/engine";
import { Writes } from "../../../rehearsal/aws/dynamodb/writes";
import { deployTable } from "../../rehearsal/aws/dynamodb/table";
import { ACCOUNT, startHarness, type AwsHarness } from "../../rehearsal/aws/harness";
import { type Ministack, startMinistack } from "./ministack";
import { sender } from "./outcome";
import { anyCall, type Call } from "./requests";

const OTHER = { accessKeyId: "test", secretAccessKey: "test" };
/** Sequences of requests, at the same time and each on an empty table. The seed is fixed, so that a difference stays one. */
const RUNS = { numRuns: 12, seed: 16 };
const calls = fc.array(anyCall, { minLength: 40, maxLength: 40 });
/** 480 requests. */
const SEQUENCES = fc.sample(calls, RUNS);

type Method = (...args: any[]) => Promise<any>;
/** Faults of the layer over dynalite, which the judge must see. */
const MUTANTS: { fault: string; replaced: { prototype: any }; method: string; by: (original: Method) => Method }[] = [
  { fault: "do not roll back", replaced: Engine, method: "restore", by: () => async () => undefined },
  {
    fault: "return no item with the reason of a cancellation",
    replaced: DynamoDb,
    method: "execute",
    by: (original) =>
      function (this: DynamoDb, ...args) {
        return original.apply(this, args).catch((error: AwsError) => {
          const reasons = error.members["CancellationReasons"] as { Item?: unknown }[] | undefined;
          for (const reason of reasons ?? []) delete reason.Item;
          throw error;
        });
      },
  },
  {
    fault: "ignore a condition that is only checked",
    replaced: Writes,
    method: "apply",
    by: (original) =>
      async function (this: Writes, write, factor) {
        return write.kind === "conditionCheck" ? { result: {}, undo: async () => undefined } : original.call(this, write, factor);
      },
  },
];

interface Difference {
  call: Call;
  ours: unknown;
  theirs: unknown;
}

describe("DynamoDB of the stand-in, judged by one that others wrote", () => {
  let harness: AwsHarness;
  let judge: Ministack;
  let ours: ReturnType<typeof sender>;
  let theirs: ReturnType<typeof sender>;
  let tables = 0;

  before(async function () {
    judge = await startMinistack(this);
    harness = await startHarness();
    ours = sender(`http://127.0.0.1:${harness.front.httpPort}`, harness.credentials.issue({ kind: "operator" }), ACCOUNT.region);
    theirs = sender(judge.endpoint, OTHER, ACCOUNT.region);
  });
  after(async () => {
    ours?.close();
    theirs?.close();
    await harness?.end();
    await judge?.stop();
  });

  /** An empty table of the same name on both sides; returns the name. */
  async function newTable(change: Record<string, unknown> = {}): Promise<string> {
    const TableName = `ledger-${++tables}`;
    deployTable(harness.store, change, TableName);
    const keySchema = (partition: string, sort: string) => [
      { AttributeName: partition, KeyType: "HASH" },
      { AttributeName: sort, KeyType: "RANGE" },
    ];
    const input = {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: keySchema("pk", "sk"),
      AttributeDefinitions: ["pk", "sk", "list", "at"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      GlobalSecondaryIndexes: [{ IndexName: "lists", KeySchema: keySchema("list", "at"), Projection: { ProjectionType: "ALL" } }],
    };
    const created = await theirs({ operation: "CreateTable", input });
    assert.ok("result" in created, JSON.stringify(created));
    return TableName;
  }

  /** The first difference of a sequence, since what follows may only be its consequence. */
  async function difference(sequence: Call[]): Promise<Difference | undefined> {
    const TableName = await newTable();
    for (const random of sequence) {
      const call = JSON.parse(JSON.stringify(random).replaceAll('"ledger"', `"${TableName}"`)) as Call;
      const [one, other] = await Promise.all([ours(call), theirs(call)]);
      if (!isDeepStrictEqual(one, other)) return { call, ours: one, theirs: other };
    }
    return undefined;
  }

  it("answers random requests alike: results, errors, and the reasons of cancelled transactions", async () => {
    const found = await Promise.all(SEQUENCES.map(difference));
    assert.deepEqual(
      found.filter((one) => one !== undefined),
      [],
    );
    assert.deepEqual(harness.defects, []);
  });

  it("describes its setting of the time to live alike", async () => {
    const TableName = await newTable({ ttl: undefined });
    const TimeToLiveSpecification = { AttributeName: "expiresAt", Enabled: true };
    for (const call of [
      { operation: "DescribeTimeToLive", input: { TableName } },
      { operation: "UpdateTimeToLive", input: { TableName, TimeToLiveSpecification } },
      { operation: "DescribeTimeToLive", input: { TableName } },
      { operation: "DescribeTimeToLive", input: { TableName: "none" } },
    ]) {
      assert.deepEqual(await ours(call), await theirs(call), JSON.stringify(call));
    }
  });

  describe("differs visibly, in the same requests, if transactions", () => {
    for (const { fault, replaced, method, by } of MUTANTS) {
      it(fault, async () => {
        const original = replaced.prototype[method];
        replaced.prototype[method] = by(original);
        try {
          let seen: Difference | undefined;
          for (const sequence of SEQUENCES) seen ??= await difference(sequence);
          assert.ok(seen);
        } finally {
          replaced.prototype[method] = original;
        }
      });
    }
  });
});
