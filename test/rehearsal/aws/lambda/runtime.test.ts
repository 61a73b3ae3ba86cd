import assert from "node:assert/strict";
import { RealClock } from "../../../../rehearsal/clock";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { startHarness, type AwsHarness } from "../harness";
import { deployFunction, LOGS, MAY_CREATE, sdkBundle } from "./deployed-functions";

describe("the function runtime", () => {
  let harness: AwsHarness;
  before(async () => {
    harness = await startHarness({ githubHosts: ["ghe.example.com"] });
  });
  after(() => harness.end());

  async function result(name: string, event: unknown = {}): Promise<any> {
    const outcome = await harness.lambda.invoke(name, event);
    assert.ok("result" in outcome, `the function failed: ${JSON.stringify(outcome)}`);
    return outcome.result;
  }

  async function failure(name: string): Promise<{ errorType: string; errorMessage: string }> {
    const outcome = await harness.lambda.invoke(name, {});
    assert.ok("error" in outcome, "the function should have failed");
    return outcome.error;
  }

  it("must give a function the deployed environment and none of this machine's", async () => {
    deployFunction(
      harness,
      "env",
      `export const handler = async (event, context) => ({ event, env: process.env, left: context.getRemainingTimeInMillis(), id: context.awsRequestId, name: context.functionName })`,
      { state: { environment: { variables: { POOL_NAME: "p" } } } },
    );
    process.env["LEAKED_FROM_THE_SHELL"] = "1";
    const seen = await result("env", { a: [1] });
    delete process.env["LEAKED_FROM_THE_SHELL"];
    assert.deepEqual(seen.event, { a: [1] });
    assert.equal(seen.env.POOL_NAME, "p");
    assert.equal(seen.env.AWS_LAMBDA_FUNCTION_NAME, "env");
    assert.equal(seen.env.LEAKED_FROM_THE_SHELL, undefined);
    assert.ok(seen.left > 0 && seen.left <= 20_000);
    assert.match(seen.id, /^[0-9a-f-]{36}$/);
  });

  it("must keep a process warm between invocations and replace it when the function changes", async () => {
    const code = `let n = 0; export const handler = async () => ({ n: ++n, v: process.env.V, pid: process.pid })`;
    deployFunction(harness, "warm", code, { state: { environment: { variables: { V: "1" } } } });
    assert.equal((await result("warm")).n, 1);
    assert.equal((await result("warm")).n, 2);
    deployFunction(harness, "warm", code, { state: { environment: { variables: { V: "2" } } } });
    const after = await result("warm");
    assert.deepEqual([after.n, after.v], [1, "2"]);
  });

  it("must route https, fetch and HTTP agents to the stand-in under the real host names, and refuse all other hosts", async () => {
    deployFunction(
      harness,
      "net",
      `import https from "node:https";
       const get = (url, options) => new Promise((resolve, reject) => https.get(url, options, (res) => { let t = ""; res.on("data", (d) => t += d); res.on("end", () => resolve(t)); }).on("error", reject));
       export const handler = async () => ({
         fetch: await (await fetch("https://api.github.com/a")).text(),
         again: await (await fetch("https://api.github.com/b")).text(),
         https: await get("https://github.com/c", {}),
         agent: await get("https://ghe.example.com/d", { agent: new https.Agent({ keepAlive: true }) }),
         elsewhere: await fetch("https://example.org/").then(() => "reached", (e) => e.cause.code),
         plain: await fetch("http://github.com/").then(() => "reached", (e) => e.cause.code),
       })`,
    );
    assert.deepEqual(await result("net"), {
      fetch: "github api.github.com/a",
      again: "github api.github.com/b",
      https: "github github.com/c",
      agent: "github ghe.example.com/d",
      elsewhere: "ENETUNREACH",
      plain: "ENETUNREACH",
    });
  });

  it("must run a real SDK bundle under the function's own role, and deny what the role does not allow", async () => {
    deployFunction(harness, "sdk", await sdkBundle(), { statements: [LOGS, MAY_CREATE] });
    const returned = await result("sdk", { name: "made/by-function" });
    assert.match(
      returned,
      /^AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role\/sdk-role\/sdk is not authorized to perform: secretsmanager:DeleteSecret/,
    );
    assert.deepEqual(harness.denied().at(-1)?.action, "secretsmanager:DeleteSecret");
    assert.equal(harness.calls()["sdk"]?.["secretsmanager:CreateSecret"], 1);
    assert.deepEqual(harness.secrets.names(), ["made/by-function"]);
  });

  it("must return a handler's error under its own name and keep the process", async () => {
    deployFunction(harness, "throws", `export const handler = async () => { const e = new RangeError("too far"); throw e; }`);
    assert.deepEqual(
      { ...(await failure("throws")), trace: undefined },
      { errorType: "RangeError", errorMessage: "too far", trace: undefined },
    );
    const run = [...harness.timeline.events].reverse().find((event) => event.kind === "function-run");
    assert.equal(run?.kind === "function-run" && run.error, "RangeError: too far");
  });

  it("must kill a function that exceeds its timeout, and use a new process for the next invocation", async () => {
    deployFunction(
      harness,
      "slow",
      `let first = true; export const handler = async (event) => { if (event.hang) { await new Promise((r) => setTimeout(r, 60_000)); } return process.pid; }`,
      { state: { timeout: 1 } },
    );
    const pid = await result("slow");
    const outcome = await harness.lambda.invoke("slow", { hang: true });
    assert.ok("error" in outcome);
    assert.match(outcome.error.errorMessage, /Task timed out after 1\.00 seconds$/);
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.notEqual(await result("slow"), pid);
  });

  it("must fail what runs in a process that is killed, spare other functions, and start a new process", async () => {
    const code = `export const handler = async (event) => { if (event.hang) { console.log("hangs"); await new Promise((r) => setTimeout(r, 60_000)); } return process.pid; }`;
    deployFunction(harness, "killed", code);
    deployFunction(harness, "spared", code);
    const [killed, spared] = [await result("killed"), await result("spared")];
    const running = harness.lambda.invoke("killed", { hang: true });
    while (!harness.lambda.logs.some(({ line }) => line === "hangs")) await new Promise(setImmediate);
    await harness.lambda.kill("killed");
    const outcome = await running;
    assert.match("error" in outcome ? outcome.error.errorMessage : "", /Runtime exited with error: signal: SIGKILL/);
    assert.notEqual(await result("killed"), killed);
    assert.equal(await result("spared"), spared);
  });

  it("must give functions a clock that is wrong by as much as a scenario says", async () => {
    deployFunction(harness, "clock", `export const handler = async () => Date.now();`);
    const before = await result("clock");
    harness.lambda.settings.skewMs = -300_000;
    const after = await result("clock");
    harness.lambda.settings.skewMs = 0;
    // Between the two are the milliseconds of an invocation.
    assert.ok(after < before - 200_000, `${before} ${after}`);
  });

  it("must report a crash and a bundle that does not load as errors, not hang", async () => {
    deployFunction(harness, "crash", `export const handler = async () => { process.exit(3); }`);
    assert.match((await failure("crash")).errorMessage, /Runtime exited with error: exit status 3/);
    deployFunction(harness, "reject", `export const handler = () => new Promise(() => { Promise.reject(new Error("unhandled")); })`);
    assert.match((await failure("reject")).errorMessage, /exit status 128/);
    deployFunction(harness, "broken", `export const handler = ;`);
    assert.equal((await failure("broken")).errorType, "SyntaxError");
    deployFunction(harness, "other", `export const main = 1;`);
    assert.match((await failure("other")).errorMessage, /index\.handler is undefined or not exported/);
  });

  it("must collect every printed line and its metrics before the invocation ends", async () => {
    deployFunction(
      harness,
      "prints",
      `export const handler = async () => {
         for (let i = 0; i < 500; i++) console.log("line", i);
         process.stdout.write(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: "CiRunners", Dimensions: [["Pool"]], Metrics: [{ Name: "SweepErrors", Unit: "Count" }] }] }, Pool: "p", SweepErrors: [1, 2] }));
       }`,
    );
    await result("prints");
    const lines = harness.lambda.logs.filter(({ functionName }) => functionName === "prints");
    assert.equal(lines.length, 501);
    assert.deepEqual(
      harness.cloudwatch.metrics.points("CiRunners", "SweepErrors", { Pool: "p" }).map(({ value }) => value),
      [1, 2],
    );
  });

  it("must not collect metrics from the log of a function whose role may not write logs", async () => {
    const code = `export const handler = async () => console.log(JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics: [{ Namespace: "N", Dimensions: [[]], Metrics: [{ Name: "M" }] }] }, M: 1 }))`;
    deployFunction(harness, "mute", code, { statements: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }] });
    await result("mute");
    assert.equal(harness.cloudwatch.metrics.points("N", "M", {}).length, 0);
    assert.ok(harness.denied().some(({ principal, action }) => principal === "mute" && action === "logs:CreateLogGroup"));
  });

  it("must not run a function whose role does not trust Lambda", async () => {
    deployFunction(harness, "untrusted", `export const handler = async () => 1`);
    const role = harness.store.get("aws:iam/role:Role", "untrusted-role")!;
    harness.store.put({ ...role, state: { ...role.state, assumeRolePolicy: role.state["assumeRolePolicy"].replace("lambda.", "ec2.") } });
    assert.match((await failure("untrusted")).errorMessage, /does not trust lambda\.amazonaws\.com/);
  });

  it("must leave no process behind when it closes during an invocation", async () => {
    const own = await startHarness({ clock: new RealClock() });
    deployFunction(
      own,
      "long",
      `export const handler = async () => { console.log("pid " + process.pid); await new Promise((r) => setTimeout(r, 60_000)); }`,
    );
    const running = own.lambda.invoke("long", {});
    while (!own.lambda.logs.some(({ line }) => line.startsWith("pid "))) await new Promise((resolve) => setTimeout(resolve, 20));
    const pid = Number(own.lambda.logs[0]!.line.slice(4));
    await own.end();
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.ok("error" in (await running));
  });

  it("must run functions in virtual time, including their signatures", async () => {
    const clock = new VirtualClock(Date.UTC(2031, 4, 5));
    const own = await startHarness({ clock });
    try {
      deployFunction(
        own,
        "when",
        `export const handler = async () => ({ now: Date.now(), made: new Date().getFullYear(), given: new Date(0).getTime(), is: new Date() instanceof Date })`,
      );
      const outcome = await own.lambda.invoke("when", {});
      assert.ok("result" in outcome);
      const seen = outcome.result as { now: number; made: number; given: number; is: boolean };
      assert.ok(Math.abs(seen.now - Date.UTC(2031, 4, 5)) < 60_000);
      assert.deepEqual([seen.made, seen.given, seen.is], [2031, 0, true]);
      deployFunction(own, "sdk", await sdkBundle(), { statements: [LOGS, MAY_CREATE] });
      const signed = await own.lambda.invoke("sdk", { name: "made/in-2031" });
      assert.ok("result" in signed && /AccessDenied/.test(String(signed.result)), JSON.stringify(signed));
      assert.deepEqual(own.secrets.names(), ["made/in-2031"]);
      assert.equal(clock.now(), Date.UTC(2031, 4, 5), "time stood still while the function ran");
    } finally {
      await own.end();
      clock.close();
    }
  });
});
