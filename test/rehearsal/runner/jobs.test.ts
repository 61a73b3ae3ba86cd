import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { tailOfOpenFile } from "../../../host-config/actions-runner-pool/agent/log-tail";
import { DIAGNOSTIC_LOG, lastSkip } from "../../../host-config/actions-runner-pool/agent/skipped-messages";
import { alive, TestRunner, until } from "./fixture";

describe("a job on the runner stand-in", () => {
  let served: ServedGitHub;
  let runner: TestRunner;
  let log: string;

  beforeEach(async () => {
    served = await serveGitHub();
    runner = await TestRunner.registered(served, "i-1");
    log = join(runner.root, "order");
  });
  afterEach(async () => {
    runner.dispose();
    await served.close();
  });

  const write = (word: string) => `echo ${word} >>${log}`;
  const written = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  const start = async (hooks: NodeJS.ProcessEnv = {}) => {
    runner.service(hooks);
    await runner.listening();
  };
  const steps = [
    { name: "work", run: "true" },
    { name: "clean up", condition: "always()" as const, run: "true" },
  ];

  it("is skipped when GitHub refuses it, in the words that the agent reads in the log that the listener holds open", async () => {
    served.github.faults.add({
      route: /acquirejob$/,
      kind: "status",
      status: 409,
      message: "job assignment is invalid: MissingKey",
      times: 1,
    });
    await start();
    const [listener] = runner.pids("Runner.Listener");
    served.github.queueJob({ name: "build", labels: ["pool"], steps });
    const skip = () => lastSkip(tailOfOpenFile(listener!, DIAGNOSTIC_LOG).text);
    await until("the listener to skip the message", () => skip() !== undefined);
    assert.equal(skip()!.acknowledged, true);
  });

  it("fails when the started hook fails: success() steps are skipped, always() steps and the completed hook run", async () => {
    await start({
      ACTIONS_RUNNER_HOOK_JOB_STARTED: runner.hook("started.sh", `false\n${write("unreached")}\n`),
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", `${write("completed")}\n`),
    });
    const job = served.github.queueJob({
      name: "build",
      labels: ["pool"],
      steps: steps.map((step) => ({ ...step, run: write(step.name.replace(" ", "-")) })),
    });
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "failed");
    assert.deepEqual(written(), ["clean-up", "completed"]);
  });

  it("fails when a hook's file is missing or has an unsupported extension", async () => {
    await start({
      ACTIONS_RUNNER_HOOK_JOB_STARTED: join(runner.root, "absent.sh"),
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.txt", "true\n"),
    });
    const job = served.github.queueJob({ name: "build", labels: ["pool"], steps });
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "failed");
    assert.deepEqual(served.github.job(job).hooks, {});
  });

  it("runs the started hook only after the action downloads, so anything the hook sets takes effect late", async () => {
    await start({ ACTIONS_RUNNER_HOOK_JOB_STARTED: runner.hook("started.sh", "true\n") });
    const job = served.github.queueJob({ name: "build", labels: ["pool"], setupSeconds: 1.5, steps });
    await until("the worker", () => runner.pids("Runner.Worker").length === 1);
    await served.github.jobsSettled();
    const at = (change: string) =>
      served.github.timeline.events.find((e) => e.kind === "job" && e.job === job && e.change === change)?.at ?? 0;
    assert.ok(at("hook-started") - at("acquired") >= 1500);
  });

  it("kills background processes of a step, but not those without the tracking id", async () => {
    await start();
    const pids = join(runner.root, "pids");
    // The second process still has the id until env has executed sleep: the step must not end before that.
    const shedding = "env -u RUNNER_TRACKING_ID sleep 300 &\nwhile grep -qs RUNNER_TRACKING_ID /proc/$!/environ; do sleep 0.05; done";
    const background = `sleep 300 & echo $! >${pids}\n${shedding}\necho $! >>${pids}\n`;
    served.github.queueJob({ name: "build", labels: ["pool"], steps: [{ name: "leave", run: background }] });
    await served.github.jobsSettled();
    const [tracked, shed] = readFileSync(pids, "utf8").trim().split("\n").map(Number);
    assert.ok(tracked && shed);
    await until("the tracked process to exit", () => !alive(tracked), 5_000);
    assert.equal(alive(shed), true);
  });

  it("still runs always() steps and the completed hook when a user cancels it", async () => {
    await start({ ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", `${write("completed")}\n`) });
    const job = served.github.queueJob({
      name: "build",
      labels: ["pool"],
      steps: [
        { name: "long", seconds: 120, post: { run: write("post") } },
        { name: "skipped", run: write("skipped") },
        { name: "clean up", condition: "always()", run: write("always") },
      ],
    });
    await until("steps to start", () => runner.changes(job).includes("steps-started"));
    served.github.cancelJob(job);
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "canceled");
    assert.deepEqual(written(), ["always", "post", "completed"]);
    await until("the runner to be idle again", () => runner.said(/Job build completed with result: Canceled/));
  });

  it("is not lost when GitHub is down for some seconds at its end", async () => {
    await start();
    const job = served.github.queueJob({ name: "build", labels: ["pool"], seconds: 1 });
    await until("steps to start", () => runner.changes(job).includes("steps-started"));
    const outage = served.github.faults.add({ route: /./, kind: "down" });
    await until("the first attempt to fail", () => /steps-ended: run/.test(diagnostics("Worker")));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    outage.remove();
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
    const next = served.github.queueJob({ name: "next", labels: ["pool"], steps });
    await served.github.jobsSettled();
    assert.equal(served.github.job(next).state, "succeeded");
  });

  it("is acquired on a later attempt when the first reply is lost", async () => {
    await start();
    served.github.faults.add({ route: /acquirejob$/, kind: "down", times: 1 });
    const job = served.github.queueJob({ name: "build", labels: ["pool"], steps });
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
    assert.equal(served.github.job(job).requeues, 0);
  });

  it("hangs until its lock expires when the listener is stopped between acquire and worker", async () => {
    await served.close();
    served = await serveGitHub({ lockMs: 6_000 });
    runner.dispose();
    runner = await TestRunner.registered(served, "i-1");
    await start();
    served.github.faults.add({ route: /renewjob$/, kind: "hang" });
    const job = served.github.queueJob({ name: "build", labels: ["pool"], steps });
    await until("the announcement", () => runner.said(/Running job: build/));
    assert.deepEqual(runner.pids("Runner.Worker"), []);
    process.kill(runner.pids("Runner.Listener")[0] ?? 0, "SIGINT");
    await until("the listener to exit", () => runner.pids("Runner.Listener").length === 0);
    assert.equal(served.github.job(job).state, "acquired");
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "lost");
  });

  function diagnostics(program: "Runner" | "Worker"): string {
    const folder = join(runner.home, "_diag");
    return readdirSync(folder)
      .filter((name) => name.startsWith(program))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
  }
});
