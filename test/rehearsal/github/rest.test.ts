import assert from "node:assert/strict";
import { GitHubRunners } from "../../../functions/shared/github/runners";
import { GitHubTransport } from "../../../functions/shared/github/transport";
import { app, call, ORGANIZATION, register, serveGitHub, type ServedGitHub, TOKEN } from "./fixture";

const RUNNERS = `/orgs/${ORGANIZATION}/actions/runners`;

describe("the GitHub stand-in's REST routes", () => {
  let served: ServedGitHub;
  beforeEach(async () => void (served = await serveGitHub()));
  afterEach(() => served.close());

  /** Creates a session and acquires a job, so that the runner is busy. */
  const makeBusy = (runnerId: number): string => {
    const { protocol } = served.github;
    const { sessionId } = protocol.createSession({ runnerId });
    const job = served.github.queueJob({ name: "build", labels: ["pool"] });
    void protocol.poll({ sessionId, status: "Online" });
    protocol.acquire({ runnerId, jobId: job });
    return job;
  };

  it("refuses to delete a runner that holds a job, with the message that clients match", async () => {
    const { runnerId } = await register(served, "i-1");
    const job = makeBusy(runnerId);
    const refused = await call(served, "DELETE", `${RUNNERS}/${runnerId}`);
    assert.equal(refused.status, 422);
    assert.equal(refused.body.message, 'Bad request - Runner "i-1" is still running a job');
    served.github.protocol.complete({ jobId: job, result: "Succeeded" });
    assert.equal((await call(served, "DELETE", `${RUNNERS}/${runnerId}`)).status, 204);
    assert.equal((await call(served, "DELETE", `${RUNNERS}/${runnerId}`)).status, 404);
  });

  it("shows an old busy flag in lists for the configured time, and the current one for a single runner", async () => {
    served.github.options.busyLagMs = 60_000;
    const { runnerId } = await register(served, "i-1");
    makeBusy(runnerId);
    assert.equal((await call(served, "GET", RUNNERS)).body.runners[0].busy, false);
    assert.equal((await call(served, "GET", `${RUNNERS}/${runnerId}`)).body.busy, true);
    served.github.options.busyLagMs = 0;
    assert.equal((await call(served, "GET", RUNNERS)).body.runners[0].busy, true);
  });

  it("returns 30 runners per page by default and never more than 100, with links to the other pages", async () => {
    for (let i = 0; i < 130; i++) await register(served, `i-${i}`);
    const first = await call(served, "GET", RUNNERS);
    assert.equal(first.body.total_count, 130);
    assert.equal(first.body.runners.length, 30);
    const large = await call(served, "GET", `${RUNNERS}?per_page=1000`);
    assert.equal(large.body.runners.length, 100);
    const next = /<([^>]+)>; rel="next"/.exec(large.headers.get("link") ?? "")?.[1];
    const rest = await fetch(next ?? "", { headers: { authorization: "Bearer ghp_rehearsal" } });
    assert.equal(((await rest.json()) as { runners: unknown[] }).runners.length, 30);
    assert.doesNotMatch(rest.headers.get("link") ?? "", /rel="next"/);
    const byName = await call(served, "GET", `${RUNNERS}?name=i-7`);
    assert.deepEqual(
      byName.body.runners.map((runner: { name: string }) => runner.name),
      ["i-7"],
    );
  });

  it("ignores the name filter and returns smaller pages where a server does, and our client still finds a runner on the last page", async () => {
    Object.assign(served.github.options, { filtersByName: false, largestPage: 30 });
    for (let i = 0; i < 65; i++) await register(served, `i-${i}`);
    const unfiltered = await call(served, "GET", `${RUNNERS}?name=i-64&per_page=100`);
    assert.deepEqual([unfiltered.body.total_count, unfiltered.body.runners.length], [65, 30]);
    const account = { apiUrl: served.api, scope: { organization: ORGANIZATION }, credentials: { tokenSecret: "token" } };
    const client = new GitHubRunners(new GitHubTransport(account, async () => TOKEN), account.scope);
    const signal = AbortSignal.timeout(60_000);
    assert.equal((await client.find("i-64", signal))?.name, "i-64");
    assert.equal(await client.find("i-65", signal), undefined);
    let listed = 0;
    for await (const page of client.pages(signal)) listed += page.length;
    assert.equal(listed, 65);
  });

  it("keeps the system labels when a runner's custom labels are removed, as a cordon does", async () => {
    const { runnerId } = await register(served, "i-1", ["pool", "gpu"]);
    const names = (reply: { body: { labels: { name: string }[] } }) => reply.body.labels.map((label) => label.name);
    const path = `${RUNNERS}/${runnerId}/labels`;
    assert.deepEqual(names(await call(served, "GET", path)), ["self-hosted", "Linux", "X64", "pool", "gpu"]);
    assert.deepEqual(names(await call(served, "PUT", path, { labels: [] })), ["self-hosted", "Linux", "X64"]);
    assert.deepEqual(names(await call(served, "POST", path, { labels: ["new"] })), ["self-hosted", "Linux", "X64", "new"]);
    assert.equal((await call(served, "DELETE", `${path}/absent`)).status, 404);
    assert.equal((await call(served, "DELETE", `${path}/Linux`)).status, 422);
    assert.equal((await call(served, "POST", path, { labels: [] })).status, 422);
  });

  it("knows the end of no version before GitHub's first version of the API that has it, nor of a version that no one has", async () => {
    served.github.scheduleVersion("2.349.0", { runtime: Date.parse("2026-12-01T00:00:00Z") });
    const path = `${RUNNERS}/deprecations/2.349.0`;
    assert.equal((await call(served, "GET", path)).body.runtime_deprecates_at, "2026-12-01T00:00:00Z");
    const before = { authorization: `Bearer ${TOKEN}`, "x-github-api-version": "2022-11-28" };
    assert.equal((await fetch(`${served.api}${path}`, { headers: before })).status, 404);
    assert.equal((await call(served, "GET", `${RUNNERS}/deprecations/2.350.0`)).status, 404);
  });

  it("counts every request and refuses those beyond the hourly limit", async () => {
    await served.close();
    served = await serveGitHub({ rateLimit: 2 });
    const first = await call(served, "GET", RUNNERS);
    assert.equal(first.headers.get("x-ratelimit-limit"), "2");
    assert.equal(first.headers.get("x-ratelimit-remaining"), "1");
    await call(served, "GET", RUNNERS);
    const refused = await call(served, "GET", RUNNERS);
    assert.equal(refused.status, 403);
    assert.match(refused.body.message, /^API rate limit exceeded/);
    assert.equal(refused.headers.get("x-ratelimit-remaining"), "0");
    assert.ok(Number(refused.headers.get("x-ratelimit-reset")) > Date.now() / 1000);
  });

  it("returns 404 for what a credential does not cover, and 403 when only the permission is missing", async () => {
    assert.equal((await call(served, "GET", "/orgs/other-org/actions/runners")).status, 404);
    assert.equal((await call(served, "GET", RUNNERS, undefined, "Bearer nonsense")).status, 401);
    assert.equal((await call(served, "GET", RUNNERS, undefined, "")).status, 401);
    const known = app(served, { permissions: { organization_self_hosted_runners: "read" } });
    const { createAppAuth } = await import("@octokit/auth-app");
    const { request } = await import("@octokit/request");
    const auth = createAppAuth({
      appId: known.id,
      privateKey: known.privateKey,
      request: request.defaults({ baseUrl: served.api }),
    });
    const { token } = await auth({ type: "installation", installationId: 678 });
    assert.equal((await call(served, "GET", RUNNERS, undefined, `token ${token}`)).status, 200);
    const refused = await call(served, "POST", `${RUNNERS}/registration-token`, undefined, `token ${token}`);
    assert.equal(refused.status, 403);
    assert.equal(refused.body.message, "Resource not accessible by integration");
  });

  it("injects the configured fault for the configured number of requests", async () => {
    const { faults } = served.github;
    faults.add({ route: /registration-token$/, kind: "status", status: 502, message: "Server Error", times: 1 });
    assert.equal((await call(served, "POST", `${RUNNERS}/registration-token`)).status, 502);
    assert.equal((await call(served, "POST", `${RUNNERS}/registration-token`)).status, 201);
    const down = faults.add({ route: /^GET .*\/runners$/, kind: "down" });
    await assert.rejects(call(served, "GET", RUNNERS), /fetch failed/);
    down.remove();
    const hang = faults.add({ route: /^GET .*\/runners$/, kind: "hang" });
    const waiting = fetch(`${served.api}${RUNNERS}`, { signal: AbortSignal.timeout(300) });
    await assert.rejects(waiting, { name: "TimeoutError" });
    hang.remove();
    assert.equal((await call(served, "GET", RUNNERS)).status, 200);
  });
});
