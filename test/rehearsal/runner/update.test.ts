import assert from "node:assert/strict";
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { RUNNER_RELEASE } from "../../../contract/shared/runner-release";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { exited, TestRunner, until } from "./fixture";

describe("the runner stand-in's self-update", () => {
  let served: ServedGitHub;
  let runner: TestRunner;

  beforeEach(async () => {
    served = await serveGitHub({ pickUpMs: 4_000 });
    runner = await TestRunner.registered(served, "i-1");
  });
  afterEach(async () => {
    runner.dispose();
    await served.close();
  });

  it("waits for the running job, exits with 3, and restarts as the new version, more than once", async () => {
    runner.hold("steps");
    runner.service();
    await runner.listening();
    const job = served.github.queueJob({ name: "build", labels: ["pool"], seconds: 0 });
    await runner.held("steps");
    served.github.updateRunner("i-1", "2.400.0");
    await until("the new version to wait", () => runner.said(/^Waiting for current job finish running\.$/));
    assert.equal(lstatSync(runner.path("bin")).isDirectory(), true);
    runner.release("steps");
    await runner.updated("i-1", "2.400.0");
    assert.equal(served.github.job(job).state, "succeeded");
    assert.ok(runner.said(/^Runner listener exited with error code 3$/));
    assert.equal(readlinkSync(runner.path("bin")), runner.path("bin.2.400.0"));
    assert.equal(readlinkSync(runner.path("externals")), runner.path("externals.2.400.0"));
    assert.equal(readFileSync(runner.path(`bin.${RUNNER_RELEASE.version}/runnerversion`), "utf8"), `${RUNNER_RELEASE.version}\n`);

    served.github.updateRunner("i-1", "2.401.0");
    await runner.updated("i-1", "2.401.0");
    const next = served.github.queueJob({ name: "next", labels: ["pool"], seconds: 0 });
    await served.github.jobsSettled();
    assert.equal(served.github.job(next).state, "succeeded");
    assert.equal(served.github.runners()[0]?.version, "2.401.0", "GitHub lists the version that polls");
  });

  it("skips jobs that arrive meanwhile, which GitHub then requeues", async () => {
    runner.hold("update-downloaded");
    runner.service();
    await runner.listening();
    served.github.updateRunner("i-1", "2.400.0");
    await runner.held("update-downloaded");
    const job = served.github.queueJob({ name: "build", labels: ["pool"], seconds: 0 });
    await until("the job to be requeued", () => served.github.job(job).requeues > 0);
    assert.equal(served.github.job(job).acquiredAt, undefined);
    runner.release("update-downloaded");
    await runner.updated("i-1", "2.400.0");
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
  });

  it("has a moment without a listener and without bin, which the service survives", async () => {
    runner.hold("update-swap");
    runner.service();
    await runner.listening();
    served.github.updateRunner("i-1", "2.400.0");
    await runner.held("update-swap");
    assert.equal(runner.has("bin"), false);
    await until("a failed launch", () => runner.said(/fail to start with error/));
    runner.release("update-swap");
    await runner.listening(2);
    assert.ok(runner.said(/^Current runner version: '2\.400\.0'$/));
  });

  it("keeps the old version running when the new one is not available, and ends on a stop", async () => {
    served.github.options.releaseFile = undefined;
    const service = runner.service();
    await runner.listening();
    served.github.updateRunner("i-1", "2.400.0");
    await until("the download", () => runner.said(/^Downloading 2\.400\.0 runner$/));
    const job = served.github.queueJob({ name: "build", labels: ["pool"], seconds: 0 });
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
    assert.equal(lstatSync(runner.path("bin")).isDirectory(), true);
    service.kill("SIGTERM");
    assert.equal(await exited(service), 0);
    assert.equal(runner.output.filter((line) => /Listening for Jobs$/.test(line)).length, 1);
  });
});
