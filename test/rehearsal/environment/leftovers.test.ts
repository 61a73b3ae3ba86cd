import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { UNUSED_WEBHOOK_URL } from "../../../contract/workflow-jobs/webhook";
import type { AwsStandIn } from "../../../rehearsal/aws";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { leftovers } from "../../../rehearsal/environment/leftovers";
import { GitHub } from "../../../rehearsal/github";

const PUBLIC_KEY = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).publicKey;
const nothing = {
  autoscaling: { groupNames: () => [] },
  secrets: { names: () => [] },
  fleet: { list: () => [] },
  volumes: { list: () => [] },
  store: new MemoryStore(),
};
const aws = nothing as unknown as AwsStandIn;

describe("what a rehearsal finds after destroy", () => {
  for (const [what, url, found] of [
    ["an App's webhook that still points to a function", "https://abc.example/", ["webhook to https://abc.example/ at GitHub"]],
    ["nothing in an App's webhook that was given back", UNUSED_WEBHOOK_URL, []],
    ["nothing in an App without a webhook", undefined, []],
  ] as const) {
    it(`includes ${what}`, () => {
      const github = new GitHub();
      try {
        const webhook = url === undefined ? {} : { webhook: { url, secret: "secret" } };
        github.registerApp({ id: 1, slug: "ci-runners", publicKey: PUBLIC_KEY, installations: [], ...webhook });
        assert.deepEqual(leftovers(aws, github, []), found);
      } finally {
        github.close();
      }
    });
  }
});
