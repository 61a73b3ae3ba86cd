import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Boundary } from "../../../rehearsal/runner/program/barriers";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { exited, TestRunner, until } from "./fixture";

/** In the order of a job's lifecycle, from the start of the listener to its next poll. */
const LIFECYCLE: readonly Boundary[] = [
  "listener-start",
  "message-arrived",
  "message-received",
  "acquire-unanswered",
  "acquire-answered",
  "acquired",
  "lock-renewed",
  "set-up",
  "started-hook",
  "steps",
  "post-steps",
  "completed-hook",
  "reporting",
  "between-jobs",
];

describe("the barriers of the runner stand-in", () => {
  let served: ServedGitHub;
  let runner: TestRunner;

  beforeEach(async () => {
    served = await serveGitHub();
    runner = await TestRunner.registered(served, "i-1");
  });
  afterEach(async () => {
    runner.dispose();
    await served.close();
  });

  const queue = () =>
    served.github.queueJob({
      name: "build",
      labels: ["pool"],
      steps: [{ name: "work", run: "true", post: { run: "true" } }],
    });
  const start = () =>
    runner.service({
      ACTIONS_RUNNER_HOOK_JOB_STARTED: runner.hook("started.sh", "true\n"),
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", "true\n"),
    });

  it("hold a job at each boundary in order, and let it succeed", async () => {
    for (const boundary of LIFECYCLE) runner.hold(boundary);
    start();
    const job = queue();
    const { jobs, changes } = { jobs: served.github.job(job), changes: [] as string[] };
    for (const boundary of LIFECYCLE) {
      const { pid, job: of } = await runner.held(boundary);
      const isWorker = LIFECYCLE.indexOf(boundary) >= LIFECYCLE.indexOf("set-up") && boundary !== "between-jobs";
      assert.deepEqual(runner.pids(isWorker ? "Runner.Worker" : "Runner.Listener"), [pid], boundary);
      assert.equal(of, boundary === "listener-start" ? undefined : job, boundary);
      changes.push(`${boundary}: ${jobs.state}, ${runner.pids("Runner.Worker").length} worker(s)`);
      runner.release(boundary);
    }
    assert.deepEqual(changes, [
      "listener-start: queued, 0 worker(s)",
      "message-arrived: assigned, 0 worker(s)",
      "message-received: assigned, 0 worker(s)",
      "acquire-unanswered: acquired, 0 worker(s)",
      "acquire-answered: acquired, 0 worker(s)",
      "acquired: acquired, 0 worker(s)",
      "lock-renewed: acquired, 0 worker(s)",
      "set-up: acquired, 1 worker(s)",
      "started-hook: acquired, 1 worker(s)",
      "steps: acquired, 1 worker(s)",
      "post-steps: acquired, 1 worker(s)",
      "completed-hook: acquired, 1 worker(s)",
      "reporting: acquired, 1 worker(s)",
      "between-jobs: succeeded, 0 worker(s)",
    ]);
    assert.ok(jobs.hooks.started !== undefined && jobs.hooks.completed !== undefined);
  });

  it("lose GitHub's answer to an acquisition, after which the listener asks again and gets the same job", async () => {
    runner.hold("acquire-unanswered");
    start();
    const job = queue();
    await runner.held("acquire-unanswered");
    assert.equal(served.github.job(job).state, "acquired");
    runner.hold("acquire-answered");
    runner.release("acquire-unanswered");
    await runner.held("acquire-answered");
    runner.release("acquire-answered");
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
  });

  it("keep the message out of the performance log until it is received", async () => {
    runner.hold("message-arrived");
    runner.hold("message-received");
    start();
    queue();
    const marks = () => readFileSync(join(runner.perfLog, "Runner.perf"), "utf8");
    await runner.held("message-arrived");
    assert.doesNotMatch(marks(), /MessageReceived/);
    runner.release("message-arrived");
    await runner.held("message-received");
    assert.match(marks(), /MessageReceived_RunnerJobRequest/);
    runner.release("message-received");
    await served.github.jobsSettled();
  });

  it("do not protect an acquired job without a worker from a stop: it stays acquired with no one to run it", async () => {
    runner.hold("acquired");
    const service = start();
    const job = queue();
    await runner.held("acquired");
    service.kill("SIGTERM");
    assert.equal(await exited(service), 0);
    assert.equal(served.github.job(job).state, "acquired");
  });

  it("leave a job unacquired when the stop arrives before the message is processed", async () => {
    runner.hold("message-arrived");
    const service = start();
    const job = queue();
    await runner.held("message-arrived");
    service.kill("SIGTERM");
    await until("the listener to handle the stop", () => runner.said(/^Exiting\.\.\.$/));
    assert.equal(service.exitCode, null);
    runner.release("message-arrived");
    assert.equal(await exited(service), 0);
    assert.equal(served.github.job(job).state, "assigned");
  });

  it("interrupt a held step when the runner stops, as its process would be interrupted", async () => {
    runner.hold("steps");
    const service = start();
    const job = queue();
    await runner.held("steps");
    service.kill("SIGTERM");
    assert.equal(await exited(service), 0);
    assert.equal(served.github.job(job).state, "lost");
  });
});
