import assert from "node:assert/strict";
import { jobKey, openJobsList, POOLS_LIST, poolKey } from "../../../../contract/workflow-jobs/ledger";
import { workflowJobsBundles } from "../support/bundle-runs";
import { functionUrlEvent, jobPayload, signedDelivery } from "../support/payloads";

describe("webhook function bundle", () => {
  const functions = workflowJobsBundles();

  it("answers signed deliveries, records their job, and announces it on the default bus", async () => {
    const { table } = functions.state;
    const registration = { pool: "ci-dev", labels: ["self-hosted", "linux"], priority: 0, list: POOLS_LIST, at: "ci-dev" };
    await table.update({ key: poolKey("ci-dev", "registration"), set: registration });
    const announced: any[] = [];
    const result = await functions.run(
      "webhook",
      [
        await signedDelivery({ zen: "Keep it logically awesome." }, { event: "ping" }),
        await signedDelivery(jobPayload("queued"), { base64: true }),
        await signedDelivery(jobPayload("queued")),
        await signedDelivery(jobPayload("queued"), { secret: "guessed" }),
        functionUrlEvent("{}", {}),
        await signedDelivery({}, { event: "push" }),
      ],
      { PutEvents: ({ Entries }) => (announced.push(...Entries), { FailedEntryCount: 0, Entries: [{ EventId: "1" }] }) },
      () => ({ status: 500 }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      result.results.map(({ statusCode }) => statusCode),
      [200, 200, 200, 401, 401, 204],
    );
    const [row] = await table.list(openJobsList("ci-dev"));
    assert.deepEqual([row?.jobId, row?.jobStatus], [11, "queued"]);
    assert.deepEqual(
      announced.map(({ Detail }) => JSON.parse(Detail)),
      [{ workflowJobs: "jobs", pool: "ci-dev" }],
    );
    assert.deepEqual(functions.state.gitHub.calls, [], "a delivery costs no call of GitHub");
    const secretReads = functions.state.aws.seen.filter(({ headers }) => String(headers["x-amz-target"]).endsWith("GetSecretValue"));
    assert.equal(secretReads.length, 1);
    assert.equal(await table.get(jobKey(12)), undefined);
  });

  it("answers 503 while the secret cannot be read", async () => {
    const denied = { status: 400, body: { __type: "AccessDeniedException", message: "no" } };
    const event = await signedDelivery(jobPayload("queued", { id: 12 }));
    const result = await functions.run("webhook", [event], { GetSecretValue: () => denied }, () => ({ status: 500 }));
    assert.deepEqual(
      result.results.map(({ statusCode }) => statusCode),
      [503],
    );
    assert.deepEqual(result.metrics, { DeliveryErrors: 1 });
  });
});
