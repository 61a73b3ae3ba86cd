import assert from "node:assert/strict";
import { GitHub } from "../../../rehearsal/github";
import { statusOf } from "../../../rehearsal/github/runs";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";

const REPOSITORY = "acme/app";
const DAY_MS = 86_400_000;

describe("the GitHub stand-in's runs and the assignment of their jobs", () => {
  let clock: VirtualClock;
  let github: GitHub;
  let runners: number;

  beforeEach(() => {
    clock = new VirtualClock({ promisesOnly: true });
    github = new GitHub(clock, new Timeline(() => clock.now()), { wallNow: () => clock.now() });
    github.registerToken("token", ["acme", REPOSITORY]);
    runners = 0;
  });
  afterEach(() => github.close());

  const runner = (scope = "acme", group?: string) => {
    const token = github.mintRegistrationToken(scope);
    const url = `https://github.com/${scope}`;
    const request = { url, token, name: `i-${++runners}`, labels: ["pool"], systemLabels: ["self-hosted"], group };
    const { runnerId } = github.register(request);
    const { sessionId } = github.protocol.createSession({ runnerId });
    const poll = async () => {
      const message = await clock.flow(() => github.protocol.poll({ sessionId, status: "Online", waitMs: 1_000 }));
      return message?.messageType === "RunnerJobRequest" ? message.body.jobId : undefined;
    };
    return { runnerId, poll };
  };
  const queue = (name: string, more = {}) => github.queueJob({ name, labels: ["pool"], repository: REPOSITORY, ...more });
  const rerun = async (runId: number, which = "rerun") => {
    const reply = await github.request({
      method: "POST",
      host: "api.github.com",
      path: `/repos/${REPOSITORY}/actions/runs/${runId}/${which}`,
      query: new URLSearchParams(),
      origin: "https://api.github.com",
      apiVersion: "2022-11-28",
      ifNoneMatch: "",
      authorization: "token token",
      body: {},
      signal: new AbortController().signal,
    });
    return { status: reply.status, message: (reply.body as { message?: string }).message };
  };

  it("assigns a job only to runners whose group admits its repository, from the moment that it does", async () => {
    github.addRunnerGroup("acme", "closed", ["acme/other"]);
    github.addRunnerGroup("acme", "open", [REPOSITORY]);
    const [closed, open] = [runner("acme", "closed"), runner("acme", "open")];
    const first = queue("first");
    assert.equal(await closed.poll(), undefined);
    assert.equal(await open.poll(), first);
    const second = queue("second");
    github.addRunnerGroup("acme", "closed", ["ACME/App"]);
    assert.equal(await closed.poll(), second);
  });

  it("assigns a job to runners of its own repository and organization, and to no one else's", async () => {
    github.registerToken("other", ["acme/other", "stranger"]);
    const [other, stranger, own] = [runner("acme/other"), runner("stranger"), runner(REPOSITORY)];
    const job = queue("build");
    assert.equal(await other.poll(), undefined);
    assert.equal(await stranger.poll(), undefined);
    assert.equal(await own.poll(), job);
  });

  it("never mistakes idle runners of a group that is closed to a job for all those with its labels", async () => {
    github.addRunnerGroup("acme", "closed", ["acme/other"]);
    const [closed, open] = [runner("acme", "closed"), runner()];
    const polls = [closed.poll(), open.poll()];
    const job = queue("build");
    assert.deepEqual(await Promise.all(polls), [undefined, job]);
  });

  it("does not let a job that a runner may not take hide one with the same labels that it may", async () => {
    github.addRunnerGroup("acme", "closed", [REPOSITORY]);
    const closed = runner("acme", "closed");
    queue("first", { repository: "acme/other" });
    const own = queue("second");
    assert.equal(await closed.poll(), own);
  });

  it("assigns no job that waits for an approval, and counts its queue time from the approval on", async () => {
    const idle = runner();
    const job = queue("deploy", { begins: "waiting" });
    assert.equal(await idle.poll(), undefined);
    assert.equal(statusOf(github.job(job).run), "waiting");
    await clock.flow(() => clock.sleep(60_000));
    github.approveJob(job);
    assert.throws(() => github.approveJob(job), /cannot be approved: it is queued/);
    assert.equal(await idle.poll(), job);
    const { queuedAt, createdAt } = github.job(job);
    assert.equal(queuedAt - createdAt, 61_000, "the idle poll took one second");
  });

  it("assigns what was queued while GitHub was away to a runner that has polled all the time", async () => {
    const idle = runner();
    const back = github.goAway();
    assert.throws(() => github.goAway(), /away already/);
    const poll = idle.poll();
    const job = queue("build");
    back();
    assert.equal(await poll, job);
  });

  it("keeps a withheld job queued beside an idle runner until its run is run again, or GitHub thinks better of it", async () => {
    github.jobFaults.withhold({ job: /^acme\/app lost$/, times: 2 });
    const idle = runner();
    const [lost, released] = [queue("lost"), queue("lost")];
    assert.equal(await idle.poll(), undefined);
    assert.equal(github.job(lost).state, "queued");
    github.cancelJob(lost);
    const { run } = github.job(lost);
    assert.equal((await rerun(run.id)).status, 201);
    const again = run.jobs[0]!;
    assert.notEqual(again.id, lost);
    assert.equal(await idle.poll(), again.id);
    github.protocol.acquire({ runnerId: idle.runnerId, jobId: again.id });
    github.protocol.complete({ jobId: again.id, result: "Succeeded" });
    github.jobFaults.release(released);
    assert.equal(await idle.poll(), released);
  });

  it("gives new ids to the jobs of a new attempt, and leaves those that did not fail alone", async () => {
    const run = github.startRun(REPOSITORY, "ci");
    const [good, bad] = ["good", "bad"].map((name) => queue(name, { run: run.id }));
    const idle = runner();
    for (const result of ["Succeeded", "Failed"] as const) {
      const jobId = (await idle.poll())!;
      assert.equal(statusOf(run), result === "Succeeded" ? "queued" : "in_progress", "although a job of it is queued");
      github.protocol.acquire({ runnerId: idle.runnerId, jobId });
      assert.match((await rerun(run.id)).message!, /already running/);
      github.protocol.complete({ jobId, result });
    }
    assert.equal((await rerun(run.id, "rerun-failed-jobs")).status, 201);
    assert.deepEqual(
      run.jobs.map(({ spec, attempt, id }) => [spec.name, attempt, id === good || id === bad]),
      [
        ["good", 1, true],
        ["bad", 2, false],
      ],
    );
  });

  it("refuses to run again what is over a month old, was run again 50 times, or has no failed job", async () => {
    const job = queue("build", { begins: "skipped" });
    const { run } = github.job(job);
    assert.match((await rerun(run.id, "rerun-failed-jobs")).message!, /no failed jobs/);
    for (let attempt = 1; attempt <= 50; attempt++) assert.equal((await rerun(run.id)).status, 201);
    assert.match((await rerun(run.id)).message!, /has been re-run 50 times/);
    const old = github.job(queue("old", { begins: "skipped" })).run;
    await clock.flow(() => clock.sleep(30 * DAY_MS + 1));
    assert.match((await rerun(old.id)).message!, /over a month ago/);
  });

  it("forgets a run with its last job where ended jobs are not kept", () => {
    github.options.keepJobs = false;
    const run = github.startRun(REPOSITORY, "ci");
    const [first, second] = ["a", "b"].map((name) => queue(name, { run: run.id }));
    github.cancelJob(first!);
    queue("c", { run: run.id });
    github.cancelJob(second!);
    github.cancelJob(github.jobs()[0]!.id);
    assert.throws(() => queue("d", { run: run.id }), /run \d+ does not exist/);
  });
});
