import assert from "node:assert/strict";
import { GitHub, type GitHubOptions, type RunnerMessage, SHUTDOWN_ANNOTATION } from "../../../rehearsal/github";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";

const URL = "https://github.com/example-org";

/** The job that a message is about. */
const jobOf = (message: RunnerMessage | undefined) => message && "jobId" in message.body && message.body.jobId;

describe("the GitHub stand-in's job queue", () => {
  let clock: VirtualClock;
  let timeline: Timeline;
  let github: GitHub;

  const stop = () => {
    github?.close();
    clock?.close();
  };
  const start = (options: Partial<GitHubOptions> = {}) => {
    stop();
    clock = new VirtualClock();
    timeline = new Timeline(() => clock.now());
    github = new GitHub(clock, timeline, options);
    github.registerToken("token", ["example-org"]);
  };
  beforeEach(() => start());
  afterEach(stop);

  /** A registered runner with a session; its polls have no timeout. */
  const runner = (name: string, labels = ["pool"]) => {
    const token = github.mintRegistrationToken("example-org");
    const system = { systemLabels: ["self-hosted"], replace: true };
    const { runnerId } = github.register({ url: URL, token, name, labels, ...system });
    const { sessionId } = github.protocol.createSession({ runnerId });
    const poll = (signal?: AbortSignal) => github.protocol.poll({ sessionId, status: "Online", waitMs: Infinity, signal });
    return { runnerId, sessionId, poll };
  };
  const changes = (job: string) => timeline.events.flatMap((e) => (e.kind === "job" && e.job === job ? [e.change] : []));

  it("requeues a job after exactly 60 s when its runner does not pick it up", async () => {
    const first = runner("i-1");
    const message = first.poll();
    const job = github.queueJob({ name: "build", labels: ["pool"] });
    const assigned = clock.now();
    assert.equal(jobOf(await message), job);
    await timeline.when((event) => event.kind === "job" && event.change === "requeued");
    assert.equal(clock.now() - assigned, 60_000);
    const second = runner("i-2");
    assert.equal(jobOf(await second.poll()), job);
    github.protocol.acquire({ runnerId: second.runnerId, jobId: job });
    assert.throws(() => github.protocol.acquire({ runnerId: first.runnerId, jobId: job }), {
      name: "JobAlreadyAcquired",
    });
    assert.deepEqual(changes(job), ["queued", "assigned", "requeued", "assigned", "acquired"]);
  });

  it("fails a job ten minutes after a runner acknowledged it and did not acquire it, if it is told to", async () => {
    start({ acknowledgedJobs: "failed" });
    const { runnerId, sessionId, poll } = runner("i-1");
    const job = github.queueJob({ name: "build", labels: ["pool"] });
    await poll();
    await clock.sleep(2_000);
    github.protocol.acknowledge({ sessionId, jobId: job });
    const acknowledged = clock.now();
    await timeline.when((event) => event.kind === "job" && event.change === "lost");
    assert.equal(clock.now() - acknowledged, 600_000);
    assert.throws(() => github.protocol.acquire({ runnerId, jobId: job }), { name: "JobAlreadyAcquired" });
    assert.deepEqual(changes(job), ["queued", "assigned", "lost"]);
  });

  it("re-queues even an acknowledged job after 60 s by default, as GitHub's reference says", async () => {
    const { sessionId, poll } = runner("i-1");
    const job = github.queueJob({ name: "build", labels: ["pool"] });
    await poll();
    github.protocol.acknowledge({ sessionId, jobId: job });
    await timeline.when((event) => event.kind === "job" && event.change === "requeued");
    assert.deepEqual(changes(job), ["queued", "assigned", "requeued"]);
  });

  it("assigns a job only once, even if its required runner was removed while it waited", async () => {
    const job = github.queueJob({ name: "build", labels: ["pool"], runner: "i-9" });
    github.job(job).spec.runner = undefined;
    const first = runner("i-1");
    assert.equal(jobOf(await first.poll()), job);
    github.protocol.acquire({ runnerId: first.runnerId, jobId: job });
    const hangUp = new AbortController();
    const nothing = runner("i-2").poll(hangUp.signal);
    await clock.sleep(1_000);
    hangUp.abort();
    assert.equal(await nothing, undefined);
  });

  it("gives up a job whose lock is not renewed, and refuses a late success for it", async () => {
    const { runnerId, poll } = runner("i-1");
    const job = github.queueJob({ name: "build", labels: ["pool"] });
    await poll();
    github.protocol.acquire({ runnerId, jobId: job });
    await clock.sleep(500_000);
    github.protocol.renew({ jobId: job });
    const renewed = clock.now();
    await timeline.when((event) => event.kind === "job" && event.change === "lost");
    assert.equal(clock.now() - renewed, 600_000);
    assert.throws(() => github.protocol.complete({ jobId: job, result: "Succeeded" }), { name: "JobNotFound" });
    assert.equal(github.job(job).state, "lost");
    assert.equal(github.runners()[0]?.busy, false);
  });

  it("counts a job as lost when its runner's shutdown ended it, and as failed when its own step failed", async () => {
    const { runnerId, poll } = runner("i-1");
    const end = async (annotation?: string) => {
      const job = github.queueJob({ name: "build", labels: ["pool"] });
      await poll();
      github.protocol.acquire({ runnerId, jobId: job });
      const annotations = annotation ? [{ level: "failure" as const, message: annotation }] : [];
      github.protocol.complete({ jobId: job, result: "Failed", annotations });
      return github.job(job).state;
    };
    assert.equal(await end(SHUTDOWN_ANNOTATION), "lost");
    assert.equal(await end("Process completed with exit code 1."), "failed");
  });

  it("assigns only to a runner that has every label, is idle and polls", async () => {
    const wrong = runner("i-1", ["other"]);
    const silent = runner("i-2", ["pool", "gpu"]);
    const right = runner("i-3", ["pool", "gpu"]);
    const none = wrong.poll(AbortSignal.timeout(50));
    const message = right.poll();
    const job = github.queueJob({ name: "build", labels: ["self-hosted", "GPU"] });
    assert.equal(jobOf(await message), job);
    github.protocol.acquire({ runnerId: right.runnerId, jobId: job });
    assert.equal(github.job(job).runnerName, "i-3");
    const second = github.queueJob({ name: "second", labels: ["gpu"] });
    assert.equal(github.job(second).state, "queued");
    assert.equal(jobOf(await silent.poll()), second);
    assert.equal(await none, undefined);
  });

  it("sends an assignment again to a runner that hung up before reading it", async () => {
    const { runnerId, sessionId, poll } = runner("i-1");
    const job = github.queueJob({ name: "build", labels: ["pool"] });
    assert.equal(jobOf(await poll()), job);
    assert.equal(jobOf(await poll()), job);
    github.protocol.acknowledge({ sessionId, jobId: job });
    const quiet = new AbortController();
    const silence = poll(quiet.signal);
    quiet.abort();
    assert.equal(await silence, undefined);
    github.protocol.acquire({ runnerId, jobId: job });
  });

  it("returns an acquired job to the same runner again when the first reply was lost, unless configured otherwise", async () => {
    for (const acquireIsIdempotent of [true, false]) {
      start({ acquireIsIdempotent });
      const { runnerId, poll } = runner("i-1");
      const job = github.queueJob({ name: "build", labels: ["pool"] });
      await poll();
      github.protocol.acquire({ runnerId, jobId: job });
      const again = () => github.protocol.acquire({ runnerId, jobId: job });
      if (acquireIsIdempotent) assert.equal(again().jobId, job);
      else assert.throws(again, { name: "JobAlreadyAcquired" });
    }
  });

  it("refuses a second session while the first exists, which expires 100 s after the last poll", async () => {
    const { runnerId, poll } = runner("i-1");
    const hangUp = new AbortController();
    const polling = poll(hangUp.signal);
    await clock.sleep(300_000);
    assert.throws(() => github.protocol.createSession({ runnerId }), { name: "SessionConflict" });
    hangUp.abort();
    await polling;
    const lastPoll = clock.now();
    await timeline.when((event) => event.kind === "runner" && event.change === "offline");
    assert.equal(clock.now() - lastPoll, 100_000);
    github.protocol.createSession({ runnerId });
  });

  it("reports the deletion of a runner on its next poll, not during the current one", async () => {
    const { runnerId, sessionId } = runner("i-1");
    const polling = github.protocol.poll({ sessionId, status: "Online" });
    const token = github.mintRegistrationToken("example-org", "remove");
    github.unregister({ url: URL, token, runnerId });
    assert.equal(await polling, undefined);
    await assert.rejects(github.protocol.poll({ sessionId, status: "Online" }), { name: "RunnerNotFound" });
    assert.throws(() => github.protocol.createSession({ runnerId }), { name: "RunnerNotFound" });
  });

  it("accepts a registration token for one hour, one scope and one purpose", async () => {
    const request = { url: URL, name: "i-1", labels: [], systemLabels: ["self-hosted"] };
    const token = github.mintRegistrationToken("example-org");
    const removal = github.mintRegistrationToken("example-org", "remove");
    assert.throws(() => github.register({ ...request, token: removal }), { name: "InvalidToken" });
    assert.throws(() => github.register({ ...request, token, url: "https://github.com/other" }), {
      name: "InvalidToken",
    });
    github.register({ ...request, token });
    assert.throws(() => github.register({ ...request, token }), { name: "RunnerExists" });
    await clock.sleep(3_600_000);
    assert.throws(() => github.register({ ...request, token, replace: true }), { name: "InvalidToken" });
  });

  it("refuses a registration in a runner group that was not created", () => {
    const request = { url: URL, name: "i-1", labels: [], systemLabels: [], group: "ci" };
    const token = github.mintRegistrationToken("example-org");
    assert.throws(() => github.register({ ...request, token }), { name: "GroupNotFound" });
    github.addRunnerGroup("example-org", "ci");
    assert.equal(github.register({ ...request, token }).name, "i-1");
  });

  it("measures the hook's duration by the runner's clock, regardless of when the report arrives", async () => {
    const { runnerId, poll } = runner("i-1");
    const job = github.queueJob({ name: "build", labels: ["pool"] });
    await poll();
    github.protocol.acquire({ runnerId, jobId: job });
    const at = clock.now();
    await clock.sleep(9_000);
    github.protocol.report({ jobId: job, change: "hook-started", at: at + 100 });
    await clock.sleep(9_000);
    github.protocol.report({ jobId: job, change: "hook-ended", at: at + 142 });
    assert.equal(github.job(job).hooks.started, 42);
    const stamps = timeline.events.filter((e) => e.kind === "job" && e.change.startsWith("hook")).map((e) => e.at - at);
    assert.deepEqual(stamps, [100, 142]);
  });
});
