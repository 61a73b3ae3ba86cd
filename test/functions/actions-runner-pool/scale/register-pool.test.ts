import assert from "node:assert/strict";
import { POOLS_LIST, poolKey } from "../../../../contract/workflow-jobs/ledger";
import { ledgerRows } from "../../../../functions/actions-runner-pool/scale/ledger-rows";
import { registerPool, unregisterPool } from "../../../../functions/actions-runner-pool/scale/register-pool";
import { scalerState } from "../../../../functions/actions-runner-pool/scale/scaler-state";
import { LedgerTable } from "../../../../functions/shared/ledger/table";
import { LEDGER } from "../../../../contract/workflow-jobs/ledger";
import { POOL } from "../../support/events";
import { InProcessDynamoDb } from "../../support/in-process-dynamodb";
import { TestLedger } from "../../support/ledger";
import { RecordingObserver } from "../../support/observer";

const KEY = poolKey(POOL, "registration");

describe("a pool's registration at its source of demand", () => {
  const { log } = new RecordingObserver();
  let ledger: TestLedger;
  beforeEach(async () => (ledger = await TestLedger.create(() => 0)));
  const register = (registration: unknown) => registerPool(ledgerRows(ledger.table), POOL, registration, log);

  it("is in the list of pools, with its labels in lower case, as events are compared with them", async () => {
    await register({ labels: ["self-hosted", "Linux", "X64", "Fast"], priority: 2, repository: "octo-org/app", rerunLostJobs: true });
    assert.deepEqual(await ledger.table.list(POOLS_LIST), [
      {
        ...KEY,
        list: POOLS_LIST,
        at: POOL,
        pool: POOL,
        labels: ["self-hosted", "linux", "x64", "fast"],
        priority: 2,
        repository: "octo-org/app",
        rerunLostJobs: true,
      },
    ]);
  });

  it("keeps nothing of an earlier one: a pool that served one repository may serve all", async () => {
    await register({ labels: ["one"], priority: 2, repository: "octo-org/app", runnerGroup: "builders" });
    await register({ labels: ["two"], priority: 0 });
    const { labels, priority, ...rest } = (await ledger.get(KEY))!;
    assert.deepEqual([labels, priority, Object.keys(rest).sort()], [["two"], 0, ["at", "list", "pk", "pool", "sk"]]);
  });

  it("fails the deployment, and names the key, if it has another shape: a pool that is not known gets no jobs", async () => {
    const sound = { labels: ["one"], priority: 0 };
    const cases: [unknown, RegExp][] = [
      [undefined, /registration\.labels is absent: must be a list/],
      [{ ...sound, labels: [] }, /registration\.labels is \[\]/],
      [{ ...sound, labels: ["one", 2] }, /registration\.labels is \["one",2\]/],
      [{ ...sound, priority: "high" }, /registration\.priority is "high": must be a number/],
      [{ ...sound, repository: "" }, /registration\.repository is ""/],
      [{ ...sound, runnerGroup: 7 }, /registration\.runnerGroup is 7/],
      [{ ...sound, rerunLostJobs: "yes" }, /registration\.rerunLostJobs is "yes"/],
    ];
    for (const [registration, expected] of cases) await assert.rejects(register(registration), expected);
    assert.equal(await ledger.get(KEY), undefined);
  });

  it("leaves nothing of the pool behind when it is removed, not even the scaler's state, and may be removed twice", async () => {
    await register({ labels: ["one"], priority: 0 });
    await scalerState(ledger.table, POOL).take("a", 0, 1);
    for (let times = 0; times < 2; times += 1) await unregisterPool(ledgerRows(ledger.table), POOL, log);
    for (const item of ["registration", "scaler", "signal"] as const) assert.equal(await ledger.get(poolKey(POOL, item)), undefined, item);
  });

  it("does not prevent the deletion of the pool if the source has been deleted before it", async () => {
    const gone = new LedgerTable(new InProcessDynamoDb().client, "gone", LEDGER, () => 0);
    await unregisterPool(ledgerRows(gone), POOL, log);
    await assert.rejects(
      registerPool(ledgerRows(gone), POOL, { labels: ["one"], priority: 0 }, log),
      /ResourceNotFoundException|non-existent/,
    );
  });
});
