import assert from "node:assert/strict";
import { bundleKey, configurationKey } from "../../../../contract/shared/host-bundle";
import { awsError } from "../../support/aws";
import { DIGEST, INSTANCE, SETTINGS } from "../support/harness";
import { changed, described, persistentRunnerBundles, S3_OPERATION, TAGS } from "../support/bundle-runs";

const JIT = { runner: { id: 41, name: "build-1", labels: [{ name: "build-1" }] }, encoded_jit_config: "jit-secret" };
const { signal } = new AbortController();

describe("control function bundle", () => {
  const functions = persistentRunnerBundles();
  const off = () => described("stopped", 1_700_000_000_000);

  it("starts the machine for the run that GitHub's token names, and stops it again", async () => {
    let running = false;
    const gitHub = ({ method, path }: { method: string; path: string }) => {
      if (method === "POST" && path === "/api/v3/orgs/octo-org/actions/runners/generate-jitconfig") return { status: 201, body: JIT };
      return { status: method === "DELETE" ? 204 : 404, body: {} };
    };
    const token = await functions.token();
    const result = await functions.run(
      "control",
      [
        { action: "start", token },
        { action: "stop", token },
      ],
      {
        DescribeInstances: () => (running ? described("running", Date.now()) : off()),
        CreateSecret: () => awsError("ResourceExistsException", "already exists"),
        TagResource: () => ({}),
        PutSecretValue: () => ({ Name: "x" }),
        StartInstances: () => ((running = true), changed("StartInstances")),
        StopInstances: () => changed("StopInstances"),
      },
      gitHub,
    );
    assert.equal(result.code, 0, result.stderr);
    const [started, stopped] = result.results;
    assert.equal(started.state, "starting", JSON.stringify(started));
    assert.equal(stopped.state, "released", JSON.stringify(stopped));
    assert.deepEqual(
      result.awsCalls.filter((call) => !call.startsWith("Describe") && call !== "GetSecretValue"),
      ["CreateSecret", "TagResource", "PutSecretValue", "StartInstances", "StopInstances"],
    );
    const secret = JSON.parse(result.bodies("CreateSecret")[0]!);
    assert.equal(secret.Name, SETTINGS.names.orderSecret);
    assert.deepEqual(secret.Tags, [
      ...Object.entries(TAGS).map(([Key, Value]) => ({ Key, Value })),
      { Key: "ci-runners:persistent-runner", Value: "build" },
      { Key: "ci-runners:owner", Value: `AROAEXAMPLE:${INSTANCE}` },
    ]);
    const { bundle, configuration } = SETTINGS;
    const { label, ...order } = JSON.parse(secret.SecretString);
    assert.match(label, /^build-[0-9a-f]{12}$/);
    const holder7 = "octo-org/app#7#1";
    assert.deepEqual(order, { generation: 1, purpose: "run", holder: holder7, bundle, configuration, jitConfiguration: "jit-secret" });
    assert.match(result.bodies("StartInstances")[0]!, new RegExp(`InstanceId.1=${INSTANCE}`));
    const { phase, holder, generation } = await functions.lease().read(signal);
    assert.deepEqual({ phase, holder, generation }, { phase: "stopping", holder: undefined, generation: 1 });
    assert.deepEqual(result.metrics, { Starts: 1 });
    const log = JSON.stringify(result.lines);
    assert.ok(!log.includes("jit-secret") && !log.includes(token) && !log.includes("ghp_token"), "no secret in log or reply");
    assert.match(log, /octo-org\/app#7#1/);
  });

  it("refuses the token of another audience, subject or signature, and calls nothing for it", async () => {
    const [other, stranger, good] = await Promise.all([
      functions.token({ aud: "sts.amazonaws.com" }),
      functions.token({ sub: "repo:octo-org/app:pull_request" }),
      functions.token(),
    ]);
    const forged = `${good.slice(0, -8)}AAAAAAAA`;
    const result = await functions.run(
      "control",
      [other, stranger, forged].map((token) => ({ action: "start", token })),
      {},
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      result.results.map(({ state }) => state),
      ["failed", "failed", "failed"],
    );
    assert.match(result.results[0].detail, /audience/);
    assert.match(result.results[1].detail, /pull_request.*add it to subjects/);
    assert.match(result.results[2].detail, /signature/);
    assert.deepEqual(result.awsCalls, []);
  });

  it("fails the deployment with the console of a machine that could not prepare itself", async () => {
    const event = { action: "provision", instanceId: INSTANCE, digest: DIGEST, wait: 1, last: true };
    const result = await functions.run("control", [event], {
      DescribeInstances: off,
      GetConsoleOutput: () => ({
        status: 200,
        headers: { "content-type": "text/xml" },
        body: `<GetConsoleOutputResponse><output>${Buffer.from("booting\nno space left on device\n").toString("base64")}</output></GetConsoleOutputResponse>`,
      }),
      StopInstances: () => changed("StopInstances"),
    });
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /did not prepare itself in time.*the end of its console:\n?.*booting.*no space left on device/s);
  });

  it("deletes what no order names any more, once the machine is provisioned", async () => {
    const prepared = { phase: "stopped", instanceId: INSTANCE, prepared: DIGEST, changedAt: 1 };
    await functions.lease().write({ when: { present: "generation" }, set: prepared, remove: ["holder"] }, signal);
    const digests = Array.from({ length: 11 }, (_, n) => `${n}`.padStart(64, "0"));
    const old = digests.flatMap((digest) => [bundleKey(digest), configurationKey(digest)]);
    const keys = [SETTINGS.bundle.key, SETTINGS.configuration.key, ...old];
    const contents = keys.map((key, n) => {
      const uploaded = new Date(Date.UTC(2020, 0, 30 - n)).toISOString();
      return `<Contents><Key>${key}</Key><LastModified>${uploaded}</LastModified></Contents>`;
    });
    const list = {
      status: 200,
      headers: { "content-type": "text/xml" },
      body: `<ListBucketResult>${contents.join("")}</ListBucketResult>`,
    };
    const event = { action: "provision", instanceId: INSTANCE, digest: DIGEST, wait: 1, last: true };
    const result = await functions.run("control", [event], { DescribeInstances: off, [S3_OPERATION]: () => list });
    assert.equal(result.results[0].state, "prepared", result.stderr);
    const deleted = result.requests.filter(({ method }) => method === "DELETE").map(({ path }) => path);
    // With what is deployed, ten of each kind stay.
    const last = old.slice(18).map((key) => `/bucket/${key}`);
    assert.deepEqual(deleted.sort(), last.sort());
  });
});
