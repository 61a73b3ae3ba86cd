import assert from "node:assert/strict";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { alive, exited, TestRunner, until } from "./fixture";

/** Apart from the other cases of the service, because this one waits for 30 s. */
describe("the runner stand-in as a service that is stopped", () => {
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

  it("kills the listener but not the worker 30 s after a stop that the worker ignores", async () => {
    const service = runner.service();
    await runner.listening();
    const job = served.github.queueJob({ name: "deaf", labels: ["pool"], seconds: 120 });
    await until("steps to start", () => runner.changes(job).includes("steps-started"));
    const [listener] = runner.pids("Runner.Listener");
    const [worker] = runner.pids("Runner.Worker");
    assert.ok(listener && worker);
    process.kill(worker, "SIGSTOP");
    service.kill("SIGTERM");
    const begun = Date.now();
    assert.equal(await exited(service), 0);
    assert.ok(Date.now() - begun >= 29_500, "the listener has its 30 s");
    assert.equal(alive(listener), false);
    assert.equal(alive(worker), true);
    assert.equal(served.github.job(job).state, "acquired");
  });
});
