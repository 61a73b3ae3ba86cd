/** The source of demand and the pool's scaler write and read the same table and the same events; here each reads what the other wrote. */
import assert from "node:assert/strict";
import type { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { JOB_RANK, type JobStatus, poolKey, WaitCause } from "../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import { ledgerRows } from "../../functions/actions-runner-pool/scale/ledger-rows";
import { registerPool } from "../../functions/actions-runner-pool/scale/register-pool";
import { scalerState } from "../../functions/actions-runner-pool/scale/scaler-state";
import { scaleTrigger } from "../../functions/actions-runner-pool/scale/trigger";
import { workflowJobsSource } from "../../functions/actions-runner-pool/scale/workflow-jobs-source";
import type { EventBridge } from "../../functions/shared/aws/clients";
import { announceOn } from "../../functions/workflow-jobs/shared/demand-signal";
import { placementOf } from "../../functions/workflow-jobs/shared/matching";
import type { ObservedJob } from "../../functions/workflow-jobs/shared/observed-job";
import { applyJob } from "../../functions/workflow-jobs/shared/row-writes";
import { INSTANCE, POOL } from "../functions/support/events";
import { TestLedger } from "../functions/support/ledger";
import { RecordingObserver } from "../functions/support/observer";
import { ReadableLedger } from "../functions/workflow-jobs/support/readable-ledger";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const JOB = 4711;

const observed = (jobStatus: JobStatus, more: Partial<ObservedJob> = {}): ObservedJob => ({
  jobId: JOB,
  jobStatus,
  repository: "octo-org/app",
  runId: 1,
  attempt: 1,
  labels: ["self-hosted", "linux"],
  createdAt: "2026-11-29T11:59:00Z",
  ...more,
});

describe("what the source of demand and the scaler share", () => {
  let ledger: TestLedger;
  let jobs: ReadableLedger;
  beforeEach(async () => {
    ledger = await TestLedger.create(() => NOW);
    jobs = new ReadableLedger(ledger.table, { now: () => NOW });
    const registration = { labels: ["self-hosted", "Linux", "X64"], priority: 0 };
    await registerPool(ledgerRows(ledger.table), POOL, registration, new RecordingObserver().log);
  });

  /** As the webhook does. */
  const report = async (job: ObservedJob) => {
    const placement = placementOf(job, await jobs.pools(), []);
    assert.ok(placement !== "foreign");
    return jobs.write(applyJob(job, placement, NOW));
  };
  const queue = () => workflowJobsSource(ledger.table, POOL).read(new AbortController().signal);

  it("brings a job from the webhook into the queue of the pool that the scaler registered, and out of it", async () => {
    await report(observed("queued"));
    const [job] = (await queue()).waiting;
    assert.deepEqual([job?.id, job?.since, job?.confirmedAt], [String(JOB), NOW - 60_000, NOW]);
    await report(observed("in_progress", { startedAt: "2026-11-29T11:59:40Z", runner: INSTANCE }));
    const { waiting, running } = await queue();
    assert.deepEqual([waiting, running], [[], [{ id: String(JOB), runner: INSTANCE, since: NOW - 20_000, queuedAt: NOW - 60_000 }]]);
    await report(observed("completed"));
    assert.equal(await report(observed("queued")), "refused", "a completed job does not come back");
    const { waiting: none, running: ended } = await queue();
    assert.deepEqual([none, ended], [[], []]);
  });

  it("does not count a job that waits for an approval", async () => {
    await report(observed("waiting"));
    assert.deepEqual((await queue()).waiting, []);
  });

  it("shows the source the cause that the scaler recorded, until the job starts", async () => {
    const { recordCause } = ledgerRows(ledger.table);
    await report(observed("queued"));
    assert.equal(await recordCause(String(JOB), WaitCause.AtMaximum, NOW), "recorded");
    assert.equal((await jobs.job(JOB))!.cause, WaitCause.AtMaximum);
    await report(observed("in_progress"));
    assert.equal(await recordCause(String(JOB), WaitCause.Booting, NOW), "over");
    assert.deepEqual([(await jobs.job(JOB))!.rank, (await jobs.job(JOB))!.cause], [JOB_RANK.in_progress, undefined]);
  });

  it("leaves nothing for ever of a pool that was removed, although a webhook and a pass that know it still write", async () => {
    const { unregister } = ledgerRows(ledger.table);
    await unregister(POOL);
    assert.ok(await jobs.maySignal(POOL));
    const state = scalerState(ledger.table, POOL);
    await state.take("late", NOW, NOW + 60_000);
    await state.release("late", "{}");
    for (const item of ["signal", "scaler"] as const) {
      const { expiresAt } = (await ledger.get(poolKey(POOL, item)))!;
      assert.ok(Number(expiresAt) >= NOW / 1000 + DEMAND_TIMING.poolStateKept, `${item} expires at ${expiresAt}`);
    }
    assert.equal(await ledger.get(poolKey(POOL, "registration")), undefined);
  });

  it("has one spelling of the signal: the event that the webhook puts on the bus is the scaler's", async () => {
    const sent: object[] = [];
    const send = async ({ input: { Entries = [] } }: PutEventsCommand) => {
      // As EventBridge delivers an entry.
      sent.push(
        ...Entries.map(({ Source, DetailType, Detail }) => ({ source: Source, "detail-type": DetailType, detail: JSON.parse(Detail!) })),
      );
      return { Entries: Entries.map(() => ({ EventId: "1" })) };
    };
    await announceOn({ send } as unknown as EventBridge, "jobs")(POOL, new AbortController().signal);
    assert.deepEqual(
      sent.map((event) => scaleTrigger(event, POOL).kind),
      ["demand"],
    );
  });
});
