import assert from "node:assert/strict";
import { ROUND_SIZE } from "../../../../functions/workflow-jobs/reconcile/full-round";
import type { FakeGitHub } from "../support/fake-github";
import { Harness, NOW } from "../support/harness";

const MINUTE = 60_000;
/** Bytes of an item in DynamoDB. */
const ITEM_LIMIT = 400_000;

describe("the reconciler's round over all repositories", () => {
  let harness: Harness;
  let gitHub: FakeGitHub;
  beforeEach(async () => ({ gitHub } = harness = await Harness.create()));

  const repositories = (count: number, name = (n: number) => `octo-org/r${n}`) =>
    gitHub.extraRepositories.push(...Array.from({ length: count }, (_, n) => ({ name: name(n), dormant: false })));
  const read = () => new Set(gitHub.callsTo("runs ").map((call) => call.split(" ")[1]));
  const round = () => harness.memory.read("round", AbortSignal.timeout(5_000));

  it("does not stop at a repository whose lists always fail: that one is read again apart", async () => {
    repositories(12);
    gitHub.failing(/^runs octo-org\/r1 /);
    for (let run = 0; run < 12; run++) await harness.nextRun();
    const readsOf = (name: string) => gitHub.calls.filter((call) => call === `runs ${name} queued`).length;
    for (let n = 2; n < 12; n++) assert.equal(readsOf(`octo-org/r${n}`), 2, `r${n} in two rounds`);
    assert.equal(readsOf("octo-org/r1"), 12, "once in each run");
    assert.equal(harness.observer.counts.ReconcileErrors, 12);
    gitHub.fault = () => {};
    await harness.nextRun();
    assert.ok(gitHub.calls.includes("runs octo-org/r1 in_progress"));
  });

  it("stays where it is while GitHub is away, and catches up afterwards", async () => {
    repositories(12);
    await harness.nextRun();
    gitHub.failing(/^(runs|repositories)/);
    await harness.nextRun();
    assert.equal((await round())?.next, 2);
    gitHub.fault = () => {};
    gitHub.calls.length = 0;
    await harness.nextRun();
    const { next } = (await round())!;
    assert.ok(next >= 6);
    assert.equal(read().size, next - 2);
  });

  it("holds no more repositories than one item of DynamoDB, and the next round has the others", async () => {
    const name = (n: number) => `${"o".repeat(39)}/${"r".repeat(96)}${1_000 + n}`;
    repositories(2 * ROUND_SIZE + 100, name);
    gitHub.fault = (call) => {
      // Only the lists are of interest.
      gitHub.quota = call.startsWith("runs ") ? 0 : 1;
    };
    const seen: string[] = [];
    for (let part = 0; part < 4; part++) {
      await harness.nextRun();
      gitHub.quota = 1;
      const { repositories: names } = (await round())!;
      assert.ok(Buffer.byteLength(JSON.stringify(names)) < ITEM_LIMIT);
      seen.push(`${names.length} from ${Number(names[0]!.slice(-4)) - 1_000}`);
      await harness.memory.write(
        "round",
        { startedAt: NOW - 30 * MINUTE, repositories: names, next: names.length },
        AbortSignal.timeout(5_000),
      );
    }
    assert.deepEqual(seen, [
      `${ROUND_SIZE} from 0`,
      `${ROUND_SIZE} from ${ROUND_SIZE}`,
      `100 from ${2 * ROUND_SIZE}`,
      `${ROUND_SIZE} from 0`,
    ]);
    assert.ok(harness.observer.messages("warn").includes("more repositories than one full round holds; the next rounds have the others"));
  });

  it("comes after the report of the source's health, which does not depend on it", async () => {
    repositories(12);
    let health: Promise<unknown> | undefined;
    gitHub.fault = (call) => {
      if (call.startsWith("runs octo-org/r")) health ??= harness.health();
    };
    await harness.reconcile();
    assert.deepEqual(await health, { pk: "source", sk: "health", reconciledAt: new Date(NOW).toISOString() });
  });

  it("does not make a reconciliation that has read the queue a failed one, if the bound ends it", async () => {
    repositories(12);
    const { clock } = harness;
    let expire = () => {};
    const after = clock.after.bind(clock);
    clock.after = (milliseconds, act) => {
      if (milliseconds === 200_000) expire = act;
      return after(milliseconds, act);
    };
    gitHub.fault = (call) => {
      if (call.startsWith("runs octo-org/r")) expire();
    };
    await assert.rejects(harness.reconcile(), /took longer than 200000 ms/);
    assert.deepEqual(await harness.health(), { pk: "source", sk: "health", reconciledAt: new Date(NOW).toISOString() });
    assert.equal(harness.observer.counts.Reconciliations, 1);
  });

  it("begins no call in the last 20 s of a run, when GitHub takes 2 s for each", async () => {
    repositories(600);
    for (let n = 0; n < 30; n++) gitHub.set({ id: n + 1, runId: n + 1, repository: `octo-org/a${n}`, labels: ["ubuntu-latest"] });
    for (let n = 0; n < 30; n++) await harness.ledger.noteRepository(`octo-org/a${n}`);
    gitHub.fault = () => harness.clock.advance(2_000);
    const since = harness.clock.now();
    await harness.reconcile();
    const seconds = (harness.clock.now() - since) / 1000;
    assert.ok(seconds <= 190 && seconds >= 170, `${seconds} s`);
    assert.equal(await harness.problem(), undefined);
    assert.ok(JSON.stringify(harness.observer.lines).includes("the time of this run"));
  });
});
