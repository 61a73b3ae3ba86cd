import assert from "node:assert/strict";
import type { Conditional } from "../../../../functions/shared/github/api";
import { GitHubActions } from "../../../../functions/shared/github/actions";
import { GitHubTransport } from "../../../../functions/shared/github/transport";
import { ORGANIZATION, register } from "../../../rehearsal/github/fixture";
import { LoopbackServer } from "../../support/server";
import { clients, type Clients, REPOSITORY } from "./served";

describe("the client of runs and jobs, against the GitHub stand-in", () => {
  let github: Clients;
  const signal = () => AbortSignal.timeout(20_000);
  const queue = (name: string, more = {}) => github.served.github.queueJob({ name, labels: ["Pool"], repository: REPOSITORY, ...more });
  const value = <T>(reply: Conditional<T>): T => (reply.unchanged ? assert.fail("unchanged") : reply.value);
  beforeEach(async () => void (github = await clients()));
  afterEach(() => github.served.close());

  /** A runner acquires the longest-waiting job. */
  async function acquire(): Promise<string> {
    const { protocol } = github.served.github;
    const { runnerId } = await register(github.served, "i-1", ["pool"], { replace: true });
    const { sessionId } = protocol.createSession({ runnerId });
    const message = await protocol.poll({ sessionId, status: "Online", waitMs: 1_000 });
    const jobId = message?.messageType === "RunnerJobRequest" ? message.body.jobId : assert.fail("no job");
    protocol.acquire({ runnerId, jobId });
    return jobId;
  }

  it("lists all repositories of the installation, those beyond the first page and archived ones included", async () => {
    for (let index = 0; index < 120; index++) github.served.github.addRepository(`${ORGANIZATION}/r-${index}`, { archived: index === 0 });
    const all = await github.actions.repositories(signal());
    assert.deepEqual([all.length, new Set(all.map(({ name }) => name)).size], [121, 121]);
    assert.deepEqual(
      all.filter(({ dormant }) => dormant).map(({ name }) => name),
      [`${ORGANIZATION}/r-0`],
    );
  });

  it("follows a job from its queue to its end, without a start before it runs", async () => {
    queue("build");
    const [run] = value(await github.actions.runs(REPOSITORY, "queued", undefined, signal()));
    const [queued] = value(await github.actions.jobs(REPOSITORY, run!.id, undefined, signal()));
    const { startedAt, runner, conclusion } = queued!;
    assert.deepEqual(
      [queued!.status, queued!.labels, startedAt, runner, conclusion],
      ["queued", ["Pool"], undefined, undefined, undefined],
    );
    const jobId = await acquire();
    assert.deepEqual(value(await github.actions.runs(REPOSITORY, "queued", undefined, signal())), []);
    assert.equal(value(await github.actions.runs(REPOSITORY, "in_progress", undefined, signal()))[0]!.id, run!.id);
    const running = (await github.actions.job(REPOSITORY, queued!.id, signal()))!;
    assert.deepEqual([running.status, running.runner, running.runnerGroup], ["in_progress", "i-1", "Default"]);
    assert.ok(running.startedAt! >= running.createdAt);
    github.served.github.protocol.complete({ jobId, result: "Failed" });
    const ended = (await github.actions.job(REPOSITORY, queued!.id, signal()))!;
    assert.deepEqual([ended.status, ended.conclusion, ended.workflow, ended.attempt], ["completed", "failure", "rehearsal", 1]);
    assert.equal(await github.actions.job(REPOSITORY, 1, signal()), undefined);
  });

  it("takes a job that was cancelled while it waited for one that never started and had no runner", async () => {
    const id = queue("build");
    github.served.github.cancelJob(id);
    const { number } = github.served.github.job(id);
    const job = (await github.actions.job(REPOSITORY, number, signal()))!;
    assert.deepEqual([job.conclusion, job.startedAt, job.runner, job.runnerGroup], ["cancelled", undefined, undefined, undefined]);
  });

  it("asks with an ETag, takes 304 for unchanged, and spends nothing of the hour", async () => {
    const ask = (etag?: string) => github.actions.runs(REPOSITORY, "queued", etag, signal());
    const first = await ask();
    assert.ok(!first.unchanged && first.etag !== undefined);
    const left = github.actions.remainingQuota();
    assert.deepEqual(await ask(first.etag), { unchanged: true });
    assert.equal(github.actions.remainingQuota(), left);
    queue("build");
    assert.equal(value(await ask(first.etag)).length, 1);
  });

  it("gives no ETag for a list of several pages, of which one page says nothing of the others", async () => {
    const run = github.served.github.startRun(REPOSITORY, "matrix");
    for (let index = 0; index < 101; index++) queue(`job-${index}`, { run: run.id });
    const reply = await github.actions.jobs(REPOSITORY, run.id, undefined, signal());
    assert.equal(value(reply).length, 101);
    assert.equal("etag" in reply, false);
  });

  it("runs again what GitHub allows, and reports what it refuses with GitHub's reason", async () => {
    const id = queue("build");
    const { run } = github.served.github.job(id);
    const refused = await github.actions.rerun(REPOSITORY, run.id, "failed", signal());
    assert.equal(refused.outcome, "refused");
    assert.match(refused.outcome === "refused" ? refused.reason : "", /403 This workflow is already running/);
    github.served.github.cancelJob(id);
    assert.deepEqual(await github.actions.rerun(REPOSITORY, run.id, "failed", signal()), { outcome: "accepted" });
    github.served.github.cancelJob(run.jobs[0]!.id);
    assert.deepEqual(await github.actions.rerun(REPOSITORY, run.id, "all", signal()), { outcome: "accepted" });
    assert.equal((await github.actions.rerun(REPOSITORY, 1, "all", signal())).outcome, "refused");
  });

  it("does not mistake a missing permission for a run that GitHub does not run again", async () => {
    await github.served.close();
    github = await clients({}, { actions: "read" });
    queue("build");
    const [run] = value(await github.actions.runs(REPOSITORY, "queued", undefined, signal()));
    await assert.rejects(github.actions.rerun(REPOSITORY, run!.id, "all", signal()), /403 Resource not accessible/);
  });

  it("reads whom each runner group admits", async () => {
    github.served.github.addRunnerGroup(ORGANIZATION, "linux", [REPOSITORY]);
    const groups = await github.actions.runnerGroups(ORGANIZATION, signal());
    assert.deepEqual(
      groups.map(({ id, name, visibility, isDefault }) => [id, name, visibility, isDefault]),
      [
        [1, "Default", "all", true],
        [2, "linux", "selected", false],
      ],
    );
    assert.deepEqual(await github.actions.groupRepositories(ORGANIZATION, 2, signal()), [REPOSITORY]);
  });

  it("survives GitHub's absence with an error that says so, and refuses a repository that is no owner/name", async () => {
    const back = github.served.github.goAway();
    await assert.rejects(github.actions.job(REPOSITORY, 1, signal()), /503/);
    back();
    assert.equal(await github.actions.job(REPOSITORY, 1, signal()), undefined);
    for (const name of ["app", "a/b/c", "/app"]) {
      await assert.rejects(async () => github.actions.job(name, 1, signal()), /must be owner\/name/);
    }
  });
});

describe("the client of runs and jobs", () => {
  let server: LoopbackServer;
  afterEach(() => server.stop());
  beforeEach(async () => void (server = await new LoopbackServer(() => ({ body: {} })).start()));
  const connect = (body: unknown, headers: Record<string, string> = {}) => {
    const account = { apiUrl: server.url, scope: { organization: "acme" }, credentials: { tokenSecret: "token" } };
    server.respond = () => ({ body, headers });
    return new GitHubActions(new GitHubTransport(account, async () => "token", { retries: 0 }));
  };
  const job = { id: 1, run_id: 2, name: "build", status: "queued", labels: ["pool"], created_at: "2026-11-22T00:00:00Z" };

  for (const [what, body] of [
    ["no list", {}],
    ["a job without an id", { jobs: [job, { ...job, id: undefined }] }],
    ["a job without labels", { jobs: [{ ...job, labels: null }] }],
    ["a job created at no time", { jobs: [{ ...job, created_at: "soon" }] }],
  ] as const) {
    it(`never takes a reply with ${what} for fewer jobs`, async () => {
      const actions = connect(body);
      await assert.rejects(actions.jobs("acme/app", 2, undefined, AbortSignal.timeout(5_000)), /not what the API documents/);
    });
  }

  it("refuses a list beyond the bound instead of using a part of it", async () => {
    const actions = connect({ jobs: [job] }, { link: '<https://api.github.com/x?page=2>; rel="next"' });
    await assert.rejects(actions.jobs("acme/app", 2, undefined, AbortSignal.timeout(20_000)), /more than 2000 items/);
    assert.equal(server.seen.length, 20);
  });
});
