import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { controlAudience } from "../../../contract/persistent-runner/control";
import { Cloud } from "./support/cloud";

const ACTIONS = join(__dirname, "../../../actions/persistent-runner");
const ROLE = "arn:aws:iam::123456789012:role/e2e-workflow";
const INPUTS = { name: "e2e", role: ROLE, region: "us-east-1", timeout: "1500", "instance-id": "i-1", control: "function" };

/** Runs the steps of a composite action as the runner does: by bash, with inputs only where action.yml puts them. */
async function run(action: "start" | "stop", cloud: Cloud, temp: string, changes: Record<string, string> = {}) {
  const { runs } = load(readFileSync(join(ACTIONS, action, "action.yml"), "utf8")) as {
    runs: { using: string; steps: Record<string, any>[] };
  };
  assert.equal(runs.using, "composite");
  const inputs: Record<string, string> = { force: "false", "github-token": "", ...INPUTS, ...changes };
  const outputs: Record<string, Record<string, string>> = {};
  let log = "";
  for (const step of runs.steps) {
    assert.equal(step.shell, "bash");
    const file = join(temp, "output");
    writeFileSync(file, "");
    const env = Object.fromEntries(
      Object.entries(step.env as Record<string, string>).map(([key, value]) => [
        key,
        value.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name) => inputs[name]!),
      ]),
    );
    assert.doesNotMatch(step.run, /\$\{\{/, "an input in a script could be a command");
    const child = spawn("bash", ["-e", "-o", "pipefail", "-c", step.run], {
      env: {
        PATH: process.env.PATH!,
        GITHUB_ACTION_PATH: join(ACTIONS, action),
        GITHUB_OUTPUT: file,
        RUNNER_TEMP: temp,
        GITHUB_RUN_ID: "4711",
        ...cloud.env,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    outputs[step.id] = Object.fromEntries(
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split("=", 2) as [string, string]),
    );
    if (code !== 0) return { code, log, outputs };
  }
  return { code: 0, log, outputs };
}

describe("the committed actions of a persistent runner", () => {
  let cloud: Cloud;
  let temp: string;
  beforeEach(async () => {
    cloud = new Cloud();
    await cloud.start();
    temp = mkdtempSync(join(tmpdir(), "ci-runners-action-"));
  });
  afterEach(async () => {
    await cloud.close();
    rmSync(temp, { recursive: true });
  });

  it("start the machine: one token for the role, another for the function, and the label of this start as the output", async () => {
    cloud.replies = [
      { state: "starting", retryAfter: 1, detail: "it boots" },
      { state: "ready", instanceId: "i-1", label: "e2e-7", generation: 7 },
    ];
    const { code, log, outputs } = await run("start", cloud, temp);
    assert.equal(code, 0, log);
    assert.deepEqual(outputs, { machine: { "instance-id": "i-1" }, start: { label: "e2e-7", generation: "7" } });
    const audiences = cloud.seen.flatMap(({ service, url }) =>
      service === "oidc" ? [new URL(url, "http://x").searchParams.get("audience")] : [],
    );
    assert.deepEqual(audiences, ["sts.amazonaws.com", controlAudience("e2e")]);
    const sts = new URLSearchParams(cloud.seen.find(({ service }) => service === "sts")!.body);
    assert.deepEqual(
      [sts.get("Action"), sts.get("RoleArn"), sts.get("RoleSessionName"), sts.get("WebIdentityToken")],
      ["AssumeRoleWithWebIdentity", ROLE, "e2e-4711", "eyJ.sts.amazonaws.com.1"],
    );
    const invocations = cloud.seen.filter(({ service }) => service === "lambda");
    assert.equal(invocations.length, 2);
    for (const { url, body, headers } of invocations) {
      assert.match(url, /\/functions\/e2e-control\/invocations$/);
      assert.match(headers.authorization ?? "", /Credential=ASIAEXAMPLE\//);
      const { action, token } = JSON.parse(body);
      assert.deepEqual([action, token.split(".")[1]], ["start", "ci-runners:e2e"]);
    }
  }).timeout(60_000);

  it("mask each token, and leave neither a token nor credentials behind", async () => {
    cloud.replies = [{ state: "ready", instanceId: "i-1", label: "e2e-7", generation: 7 }];
    const { log } = await run("start", cloud, temp);
    const masked = [...log.matchAll(/^::add-mask::(.*)$/gm)].map(([, value]) => value!);
    assert.equal(masked.length, 2);
    const rest = log.replaceAll(/^::add-mask::.*$/gm, "");
    for (const secret of [...masked, "ASIAEXAMPLE", "request-t0ken"]) assert.ok(!rest.includes(secret));
    assert.deepEqual(readdirSync(temp), ["output"]);
  }).timeout(60_000);

  it("name the instance before anything fails, and fail with the reason as an error of the job", async () => {
    cloud.replies = [{ state: "failed", detail: "the instance was terminated: run pulumi up" }];
    const failed = await run("start", cloud, temp);
    assert.equal(failed.code, 1);
    assert.deepEqual(failed.outputs.machine, { "instance-id": "i-1" });
    assert.match(failed.log, /^::error::the instance was terminated: run pulumi up$/m);
    cloud.refusal = "AccessDenied";
    const refused = await run("start", cloud, temp);
    assert.equal(refused.code, 1);
    assert.match(refused.log, /^::error::Not authorized to perform sts:AssumeRoleWithWebIdentity/m);
    assert.doesNotMatch(refused.log, /\n\s+at /, "a stack is for no one");
  }).timeout(60_000);

  it("stop the machine, by force only where that was asked for", async () => {
    cloud.replies = [
      { state: "stopping", retryAfter: 1, detail: "a job is at work" },
      { state: "released", detail: "the machine is off" },
    ];
    const { code, log } = await run("stop", cloud, temp);
    assert.equal(code, 0, log);
    assert.match(log, /released: the machine is off/);
    await run("stop", cloud, temp, { force: "true" });
    const bodies = cloud.seen.filter(({ service }) => service === "lambda").map(({ body }) => JSON.parse(body));
    assert.deepEqual([bodies[0].action, bodies[0].force, bodies.at(-1).force], ["stop", undefined, true]);
  }).timeout(60_000);

  it("treat an input as text, whatever it contains", async () => {
    cloud.replies = [{ state: "ready", instanceId: "i-1", label: "e2e-7", generation: 7 }];
    const { outputs } = await run("start", cloud, temp, { "instance-id": '$(touch pwned); "`id`' });
    assert.deepEqual(outputs.machine, { "instance-id": '$(touch pwned); "`id`' });
  }).timeout(60_000);
});
