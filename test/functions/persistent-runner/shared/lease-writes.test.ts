import assert from "node:assert/strict";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { LEASE_KEY, type Lease, leaseKey } from "../../../../contract/persistent-runner/lease";
import { persistentRunnerNames } from "../../../../contract/persistent-runner/names";
import { readLease } from "../../../../functions/persistent-runner/shared/lease";
import { leaseTable } from "../../../../functions/persistent-runner/shared/lease-table";
import * as writes from "../../../../functions/persistent-runner/shared/lease-writes";
import type { LeasePorts } from "../../../../functions/persistent-runner/shared/ports";
import { type Item, toAttribute } from "../../../../functions/shared/ledger/attributes";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";
import { TestDynamoDb } from "../../support/dynamodb";
import { InProcessDynamoDb } from "../../support/in-process-dynamodb";
import { written } from "../support/memory-item";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const SECONDS = NOW / 1000;
const NAME = "build";
const [A, B] = ["octo-org/app#7#1", "octo-org/lib#8#1"];
const { signal } = new AbortController();

const BASE: Lease = { phase: "stopped", generation: 3, changedAt: NOW - 600_000, instanceId: "i-1", prepared: "d" };
const held = { holder: A, expires: SECONDS + 300 };

/** Leases as the functions and the machine write them, one for each phase and each part of an attempt. */
const LEASES: Record<string, Lease | undefined> = {
  "of a machine that no one has had": undefined,
  "of a machine that is off": BASE,
  "of a machine that is off, with its runner": { ...BASE, runnerId: 41 },
  "of a machine that is off, and held": { ...BASE, ...held },
  "of a machine that is off, and held for too long": { ...BASE, holder: A, expires: SECONDS - 1 },
  "of another machine": { ...BASE, instanceId: "i-0" },
  "before an attempt": { ...BASE, ...held, phase: "starting", generation: 4, changedAt: NOW },
  "before an attempt, and being stopped": { ...BASE, ...held, phase: "starting", generation: 4, changedAt: NOW, stoppedAt: NOW },
  "during an attempt": { ...BASE, ...held, phase: "starting", generation: 4, changedAt: NOW, startedAt: NOW, launchedBefore: 5 },
  "of another's attempt": { ...BASE, holder: B, expires: held.expires, phase: "starting", generation: 4, changedAt: NOW, startedAt: NOW },
  "of a later generation": { ...BASE, ...held, phase: "starting", generation: 5, changedAt: NOW },
  "of a machine that is ready": {
    ...BASE,
    ...held,
    phase: "ready",
    generation: 4,
    changedAt: NOW,
    startedAt: NOW,
    bootId: "b",
    runnerId: 42,
  },
  "of a machine that is stopping": { ...BASE, phase: "stopping", generation: 4, changedAt: NOW },
  "of a machine that was told to stop": { ...BASE, phase: "stopping", generation: 4, changedAt: NOW, stoppedAt: NOW },
};

/** Every write, as made by someone who has read this lease. */
const WRITES: Record<string, (lease: Lease) => ItemWrite> = {
  acquire: (lease) => writes.acquire(lease, A, SECONDS + 300, "i-1", NOW),
  "acquire by another": (lease) => writes.acquire(lease, B, SECONDS + 300, "i-1", NOW),
  renew: (lease) => writes.renew(lease, SECONDS + 900),
  begin: (lease) => writes.begin(lease, { launchedBefore: 5, label: "build-1", digest: "d" }, NOW),
  "begin with a machine that runs": (lease) => writes.begin(lease, { launchedBefore: undefined, label: undefined, digest: "e" }, NOW),
  "begin a session": (lease) => writes.beginSession(lease, SECONDS + 900, NOW),
  "note a connected runner": (lease) => writes.noteConnected(lease, NOW),
  confirm: (lease) => writes.confirm(lease, NOW, 43),
  restart: (lease) => writes.restart(lease, { history: "{}", notBefore: NOW + 30_000, expires: SECONDS + 300 }, NOW),
  release: (lease) => writes.release(lease, NOW),
  forget: (lease) => writes.forget(lease),
  claim: (lease) => writes.claimForStop(lease, NOW),
  "tell to stop": (lease) => writes.tellToStop(lease, NOW),
  "stop refused": (lease) => writes.stopWasRefused(lease, NOW),
  "note stopped": (lease) => writes.noteStopped(lease, NOW),
  "note a new machine": (lease) => writes.noteNewMachine(lease, "i-1", NOW),
  "note a removed runner": (lease) => writes.noteRunnerRemoved(lease),
};

const itemOf = (lease: Lease | undefined): Item | undefined => lease && ({ ...lease } as unknown as Item);
const leaseOf = (lease: Lease | undefined): Lease => readLease(itemOf(lease));

const overHttp = new TestDynamoDb();
for (const [how, dynamoDb] of [
  ["over HTTP", overHttp],
  ["in this process", new InProcessDynamoDb()],
] as const) {
  describe(`the lease, judged by a DynamoDB of others ${how}`, () => {
    const table = persistentRunnerNames(NAME).leaseTable;
    let lease: LeasePorts;

    before(async () => {
      if (dynamoDb === overHttp) await overHttp.start();
      await dynamoDb.keyTable(LEASE_KEY, table);
      lease = leaseTable(dynamoDb.client, NAME);
    });
    if (dynamoDb === overHttp) after(() => overHttp.stop());

    const store = async (item: Item) => {
      const attributes = Object.entries(item).map(([name, value]) => [name, toAttribute(value)]);
      const Item = { [LEASE_KEY]: { S: leaseKey(NAME) }, ...Object.fromEntries(attributes) };
      await dynamoDb.client.send(new PutItemCommand({ TableName: table, Item }));
    };

    it("is that of a machine that is off and free before anyone had it, or the first run could not acquire it", async () => {
      assert.deepEqual(await lease.read(signal), { phase: "stopped", generation: 0, changedAt: 0 });
      assert.equal(await lease.write(writes.acquire(await lease.read(signal), A, SECONDS + 300, "i-1", NOW), signal), true);
      const { phase, generation, holder } = await lease.read(signal);
      assert.deepEqual({ phase, generation, holder }, { phase: "starting", generation: 1, holder: A });
    });

    it("lets one of many runs acquire it that have read the same", async () => {
      await store(itemOf(BASE)!);
      const runs = Array.from({ length: 20 }, (_, n) => writes.acquire(BASE, `octo-org/app#${n}#1`, SECONDS + 300, "i-1", NOW));
      const acquired = await Promise.all(runs.map((write) => lease.write(write, new AbortController().signal)));
      assert.equal(acquired.filter(Boolean).length, 1);
    });

    it("takes every write as the explorations suppose, from every moment that its writer can have read", async () => {
      let [applied, refused] = [0, 0];
      for (const [before, actual] of Object.entries(LEASES)) {
        if (actual === undefined) continue;
        for (const [read, known] of Object.entries(LEASES)) {
          for (const [name, write] of Object.entries(WRITES)) {
            const item = itemOf(actual)!;
            const given = write(leaseOf(known));
            const expected = written(item, given);
            // Only what DynamoDB would change has to be stored anew.
            await store(item);
            const outcome = await lease.write(given, signal);
            assert.equal(outcome, expected !== undefined, `${name} by a reader of the lease ${read}, on that ${before}`);
            if (expected !== undefined) assert.deepEqual(await lease.read(signal), readLease(expected), `${name} on that ${before}`);
            if (outcome) applied += 1;
            else refused += 1;
          }
        }
        // Over HTTP and through the SDK, one of the leases takes as long as all of them in this process.
        if (dynamoDb === overHttp && applied > 30) break;
      }
      assert.ok(applied > 30 && refused > 100, `${applied} applied, ${refused} refused`);
    });
  });
}

describe("a lease that no program of ours has written", () => {
  for (const [what, item] of Object.entries({
    "no phase": { generation: 1 },
    "an unknown phase": { phase: "running", generation: 1 },
    "a generation that is no number": { phase: "ready", generation: "4" },
  }))
    it(`is an error, with ${what}: taken for a free machine it would be stopped at work`, () => {
      assert.throws(() => readLease(item as Item), /the lease is damaged.*delete the item while the machine is stopped/);
    });

  it("keeps what it can be trusted with, also where a person has written another type", () => {
    assert.deepEqual(readLease({ phase: "ready", generation: 2, changedAt: 1, holder: 7, expires: "soon" }), {
      phase: "ready",
      generation: 2,
      changedAt: 1,
    });
  });
});
