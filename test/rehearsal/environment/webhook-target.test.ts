import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { WebhookTarget } from "../../../rehearsal/environment/webhook-target";
import { GitHub } from "../../../rehearsal/github";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";

const PUBLIC_KEY = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).publicKey;
const URL = "https://abc.lambda-url.us-east-1.on.aws/";

describe("the target of GitHub's webhooks in a rehearsal", () => {
  it("posts a delivery to the function's address as it is, and returns the function's status", async () => {
    const target = new WebhookTarget();
    const requests: unknown[] = [];
    target.functionUrls = {
      request: async (request) => {
        requests.push(request);
        return { status: 401, headers: {}, body: Buffer.alloc(0) };
      },
    };
    const headers = { "x-github-event": "ping" };
    assert.equal(await target.deliver(URL, headers, '{"zen":"…"}'), 401);
    assert.deepEqual(requests, [{ method: "POST", url: URL, headers, body: '{"zen":"…"}' }]);
  });

  it("fails a delivery while AWS has not started, as GitHub records one to an address that nothing serves", async () => {
    const clock = new VirtualClock({ promisesOnly: true });
    const timeline = new Timeline(() => clock.now());
    const github = new GitHub(clock, timeline, { wallNow: () => clock.now(), deliver: new WebhookTarget().deliver });
    try {
      const app = { id: 1, slug: "ci-runners", publicKey: PUBLIC_KEY, events: ["workflow_job"], webhook: { url: URL, secret: "secret" } };
      const installation = { id: 7, account: "acme", accountType: "Organization" as const, permissions: { actions: "read" as const } };
      github.registerApp({ ...app, installations: [installation] });
      github.queueJob({ name: "build", seconds: 1, labels: ["self-hosted"], repository: "acme/app" });
      await github.deliveriesSettled();
      const outcomes = timeline.events.flatMap((event) => (event.kind === "webhook" ? [event.outcome] : []));
      assert.deepEqual(outcomes, ["0 failed to connect to host"]);
    } finally {
      github.close();
    }
  });
});
