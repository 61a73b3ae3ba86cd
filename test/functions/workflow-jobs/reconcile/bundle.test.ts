import assert from "node:assert/strict";
import { openJobsList, POOLS_LIST, poolKey, SOURCE_KEY } from "../../../../contract/workflow-jobs/ledger";
import type { Respond } from "../../support/server";
import { workflowJobsBundles } from "../support/bundle-runs";
import { URL_OF_WEBHOOK } from "../support/harness";
import { jobPayload } from "../support/payloads";

describe("reconcile function bundle", () => {
  const functions = workflowJobsBundles();

  const run = { id: 7, run_attempt: 1, status: "queued", created_at: "2026-11-29T08:00:00Z" };
  const gitHub: Respond = ({ path, query, method }) => {
    if (path === "/installation/repositories") {
      return { body: { total_count: 1, repositories: [{ full_name: "octo-org/app", archived: false, disabled: false }] } };
    }
    if (path.endsWith("/actions/runs")) {
      const queued = query.get("status") === "queued";
      return { headers: { etag: '"1"' }, body: { total_count: queued ? 1 : 0, workflow_runs: queued ? [run] : [] } };
    }
    if (path.endsWith("/runs/7/jobs")) return { body: { total_count: 1, jobs: [jobPayload("queued").workflow_job] } };
    if (path === "/app") return { body: { slug: "ci", permissions: { actions: "read" }, events: ["workflow_job"] } };
    if (path === "/app/hook/config") return { body: { url: URL_OF_WEBHOOK, content_type: "json" } };
    if (path.endsWith("/runner-groups")) return { body: { total_count: 0, runner_groups: [] } };
    if (path === "/app/hook/deliveries") {
      const at = new Date(Date.now() - 60_000).toISOString();
      const failed = { id: 9, guid: "g", delivered_at: at, redelivery: false, status_code: 503, event: "workflow_job", action: "queued" };
      return { body: [failed] };
    }
    return method === "POST" && path === "/app/hook/deliveries/9/attempts" ? { status: 202, body: {} } : { status: 404, body: {} };
  };

  it("repairs the ledger by GitHub's own API, and signals the pool", async () => {
    const { table } = functions.state;
    const registration = { pool: "ci-dev", labels: ["self-hosted", "linux"], priority: 0, list: POOLS_LIST, at: "ci-dev" };
    await table.update({ key: poolKey("ci-dev", "registration"), set: registration });
    const announced: any[] = [];
    const result = await functions.run(
      "reconcile",
      [{}],
      { PutEvents: ({ Entries }) => (announced.push(...Entries), { FailedEntryCount: 0, Entries: [{ EventId: "1" }] }) },
      gitHub,
    );
    assert.equal(result.code, 0, result.stderr);
    const { GitHubCalls, ...metrics } = result.metrics;
    const expected = { LostDeliveries: 1, UnservedJobs: 0, RepairedJobs: 1, ForeignWebhook: 0, Reconciliations: 1 };
    assert.deepEqual(metrics, expected, result.stderr + JSON.stringify(result.lines));
    assert.ok(GitHubCalls! > 3 && GitHubCalls! < 20, `${GitHubCalls} calls`);
    const [row] = await table.list(openJobsList("ci-dev"));
    assert.deepEqual([row?.jobId, row?.createdAt], [11, "2026-11-29T08:00:00Z"]);
    assert.ok((await table.get(SOURCE_KEY))?.reconciledAt);
    assert.equal(announced.length, 1);
    assert.ok(functions.state.gitHub.calls.includes("POST /app/hook/deliveries/9/attempts"));
    assert.doesNotMatch(JSON.stringify(result.lines), /ghs_installation|PRIVATE KEY/);
  });

  it("records GitHub's outage as the source's problem, and fails no invocation for it", async () => {
    const result = await functions.run("reconcile", [{}], { PutEvents: () => ({}) }, () => ({ status: 502, body: {} }));
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.metrics.Reconciliations, undefined);
    assert.match(String((await functions.state.table.get(SOURCE_KEY))?.problem), /502/);
  });
});
