import assert from "node:assert/strict";
import { readJobPayload } from "../../../../functions/workflow-jobs/webhook/payload";
import { jobDifferences, jobPayload } from "../support/payloads";

const read = (payload: unknown) => readJobPayload(Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)));
const jobOf = (payload: unknown) => {
  const result = read(payload);
  assert.ok(result.kind === "job", JSON.stringify(result));
  return result.job;
};

describe("the payload of a job's delivery", () => {
  it("is built by these tests as GitHub's own description demands, for each action", () => {
    for (const action of ["queued", "waiting", "in_progress", "completed"]) {
      assert.deepEqual(jobDifferences(jobPayload(action)), [], action);
      assert.notDeepEqual(jobDifferences(jobPayload(action, { labels: 7 as never })), [], "the description is really applied");
    }
  });

  it("gives what the ledger stores, with labels in lower case", () => {
    const job = jobOf(jobPayload("in_progress", { started_at: "2026-11-29T08:01:00Z" }));
    assert.deepEqual(job, {
      jobId: 11,
      jobStatus: "in_progress",
      repository: "octo-org/app",
      runId: 7,
      attempt: 1,
      workflow: "CI",
      jobName: "test",
      labels: ["self-hosted", "linux"],
      createdAt: "2026-11-29T08:00:00Z",
      startedAt: "2026-11-29T08:01:00Z",
      completedAt: undefined,
      conclusion: undefined,
      runner: "i-0123456789abcdef0",
    });
  });

  it("goes by the action: the status inside may be that of a later moment", () => {
    assert.equal(jobOf(jobPayload("queued", { status: "in_progress" })).jobStatus, "queued");
  });

  it("has no start of a job that never ran, although GitHub sends one", () => {
    assert.equal(jobOf(jobPayload("queued")).startedAt, undefined);
    for (const runner_name of [null, ""]) {
      const cancelled = jobOf(jobPayload("completed", { conclusion: "cancelled", runner_id: 0, runner_name }));
      assert.deepEqual([cancelled.startedAt, cancelled.runner, cancelled.conclusion], [undefined, undefined, "cancelled"]);
    }
  });

  it("is no error with an action that GitHub adds later", () => {
    assert.deepEqual(read({ ...jobPayload("queued"), action: "paused" }), { kind: "unknown action", action: "paused" });
    assert.equal(read({ ...jobPayload("queued"), action: "constructor" }).kind, "unknown action");
  });

  it("is malformed in any other form, and says where", () => {
    const job = jobPayload("queued").workflow_job;
    const cases: [unknown, RegExp][] = [
      ["", /JSON object/],
      ["payload=%7B%7D", /application\/json/],
      ["[]", /JSON object/],
      [{ ...jobPayload("queued"), action: 1 }, /action/],
      [{ ...jobPayload("queued"), repository: null }, /repository/],
      [{ ...jobPayload("queued"), workflow_job: [] }, /workflow_job is/],
      [{ ...jobPayload("queued"), workflow_job: { ...job, id: "11" } }, /workflow_job.id/],
      [{ ...jobPayload("queued"), workflow_job: { ...job, id: 1e300 } }, /workflow_job.id/],
      [{ ...jobPayload("queued"), workflow_job: { ...job, run_id: null } }, /run_id/],
      [{ ...jobPayload("queued"), workflow_job: { ...job, labels: [1] } }, /labels/],
      [{ ...jobPayload("queued"), workflow_job: { ...job, created_at: "soon" } }, /created_at/],
    ];
    for (const [payload, problem] of cases) {
      const result = read(payload);
      assert.ok(result.kind === "malformed", JSON.stringify(payload));
      assert.match(result.problem, problem);
    }
  });
});
