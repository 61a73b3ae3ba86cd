import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SHUTDOWN_ANNOTATION } from "../../../rehearsal/github";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { alive, exited, TestRunner, until } from "./fixture";

describe("the runner stand-in as a service", () => {
  let served: ServedGitHub;
  let runner: TestRunner;

  beforeEach(async () => {
    served = await serveGitHub();
    runner = await TestRunner.registered(served, "i-0123456789abcdef0");
  });
  afterEach(async () => {
    runner.dispose();
    await served.close();
  });

  it("runs a job in the official runner's order, which observers rely on", async () => {
    const log = join(runner.root, "order");
    const hook = (word: string) => `echo ${word} "$GITHUB_JOB" "\${RUNNER_TRACKING_ID%%_*}" "$RUNNER_NAME" >>${log}\n`;
    runner.service({
      ACTIONS_RUNNER_HOOK_JOB_STARTED: runner.hook("started.sh", hook("started")),
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", hook("completed")),
    });
    await runner.listening();
    const job = served.github.queueJob({
      name: "build",
      labels: ["self-hosted", "POOL"],
      steps: [
        { name: "one", run: `echo one >>${log}`, post: { run: `echo post-one >>${log}` } },
        { name: "two", run: `echo two >>${log}`, post: { run: `echo post-two >>${log}` } },
      ],
    });
    await until("the end of the job in the listener's output", () => runner.said(/Z: Job build completed with result: Succeeded$/));
    assert.deepEqual(readFileSync(log, "utf8").trim().split("\n"), [
      "started build github i-0123456789abcdef0",
      "one",
      "two",
      "post-two",
      "post-one",
      "completed build github i-0123456789abcdef0",
    ]);
    assert.deepEqual(runner.changes(job), [
      "queued",
      "assigned",
      "acquired",
      "hook-started",
      "hook-ended",
      "steps-started",
      "steps-ended",
      "succeeded",
    ]);
    const { hooks } = served.github.job(job);
    assert.ok(hooks.started !== undefined && hooks.completed !== undefined);
    assert.ok(runner.said(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Running job: build$/));
    const counters = readFileSync(join(runner.perfLog, "Runner.perf"), "utf8")
      .split("\n")
      .map((line) => line.split(":")[0]);
    const wanted = ["MessageReceived_RunnerJobRequest", "StartingWorkerProcess", "SentJobToWorker_1"];
    assert.deepEqual(
      counters.filter((counter) => wanted.includes(counter ?? "")),
      wanted,
    );
    assert.ok(existsSync(join(runner.perfLog, "Worker.perf")));
  });

  it("loses the running job on SIGTERM to runsvc.sh: always() steps and the completed hook are skipped", async () => {
    const marker = join(runner.root, "ran");
    const service = runner.service({
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", `echo completed >>${marker}\n`),
    });
    await runner.listening();
    const job = served.github.queueJob({
      name: "build",
      labels: ["pool"],
      steps: [
        { name: "long", seconds: 120, post: { run: `echo post >>${marker}` } },
        { name: "clean up", condition: "always()", run: `echo always >>${marker}` },
      ],
    });
    await until("steps to start", () => runner.changes(job).includes("steps-started"));
    service.kill("SIGTERM");
    assert.equal(await exited(service), 0);
    assert.equal(served.github.job(job).state, "lost");
    assert.equal(served.github.job(job).detail, SHUTDOWN_ANNOTATION);
    assert.equal(existsSync(marker), false);
    assert.ok(runner.said(/Job build completed with result: Canceled$/));
    assert.deepEqual(
      served.github.runners().map((known) => known.online),
      [false],
    );
    assert.deepEqual(runner.pids("Runner.Worker"), []);
  });

  it("continues the job when the listener is killed, because the worker does not notice", async () => {
    runner.service();
    await runner.listening();
    const job = served.github.queueJob({ name: "build", labels: ["pool"], seconds: 3 });
    await until("steps to start", () => runner.changes(job).includes("steps-started"));
    const [listener] = runner.pids("Runner.Listener");
    assert.ok(listener);
    process.kill(listener, "SIGKILL");
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
    await until("the next listener to find the killed one's session", () => runner.said(/A session for this runner already exists/));
  });

  it("leaves listener and worker running when RunnerService.js is killed", async () => {
    const service = runner.service();
    await runner.listening();
    const job = served.github.queueJob({ name: "build", labels: ["pool"], seconds: 3 });
    await until("steps to start", () => runner.changes(job).includes("steps-started"));
    const [listener] = runner.pids("Runner.Listener");
    const host = Number(readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, "utf8").trim());
    process.kill(host, "SIGKILL");
    assert.equal(await exited(service), 137);
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
    assert.ok(listener && alive(listener));
  });

  it("ignores SIGINT in the worker, but loses the job when the worker gets SIGTERM", async () => {
    runner.service();
    await runner.listening();
    const first = served.github.queueJob({ name: "first", labels: ["pool"], seconds: 2 });
    await until("steps to start", () => runner.changes(first).includes("steps-started"));
    process.kill(runner.pids("Runner.Worker")[0] ?? 0, "SIGINT");
    await served.github.jobsSettled();
    assert.equal(served.github.job(first).state, "succeeded");
    const second = served.github.queueJob({ name: "second", labels: ["pool"], seconds: 120 });
    await until("steps to start", () => runner.changes(second).includes("steps-started"));
    process.kill(runner.pids("Runner.Worker")[0] ?? 0, "SIGTERM");
    await served.github.jobsSettled();
    assert.equal(served.github.job(second).state, "lost");
  });

  it("deletes its configuration and stops permanently once it was deleted at GitHub", async () => {
    served.github.options.pollMs = 500;
    const service = runner.service();
    await runner.listening();
    await fetch(`${served.api}/orgs/example-org/actions/runners/1`, {
      method: "DELETE",
      headers: { authorization: "Bearer ghp_rehearsal" },
    });
    assert.equal(await exited(service), 0);
    assert.ok(runner.said(/The runner no longer exists on the server\. Cleaning up local configuration\./));
    assert.equal(runner.has(".runner") || runner.has(".credentials"), false);
  });
});
