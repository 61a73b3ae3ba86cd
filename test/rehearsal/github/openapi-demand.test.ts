import assert from "node:assert/strict";
import { createAppAuth } from "@octokit/auth-app";
import { request } from "@octokit/request";
import { GitHubActions } from "../../../functions/shared/github/actions";
import { GitHubApp } from "../../../functions/shared/github/app";
import { GitHubHooks } from "../../../functions/shared/github/hooks";
import { GitHubTransport } from "../../../functions/shared/github/transport";
import { type Exchange, Exchanges, isOfDemand } from "./exchanges";
import { app, ORGANIZATION, serveGitHub, type ServedGitHub, TOKEN } from "./fixture";
import { judged } from "./judge";
import { errorDifferences } from "./openapi";

const REPOSITORY = `${ORGANIZATION}/app`;
const SCOPES = [
  { path: `/orgs/${ORGANIZATION}`, stranger: "/orgs/other-org" },
  { path: `/repos/${REPOSITORY}`, stranger: "/repos/other-org/app" },
];
const ALL = {
  actions: "write",
  administration: "write",
  organization_hooks: "write",
  organization_self_hosted_runners: "write",
  repository_hooks: "write",
} as const;

describe("the GitHub stand-in's webhooks, runs and jobs, compared with GitHub's own OpenAPI description", () => {
  let served: ServedGitHub;
  let jwt: string;
  let installation: string;
  let key: string;
  const exchanges = new Exchanges();
  const exchange: Exchange = (method, path, status, options = {}) =>
    exchanges.exchange(served, method, path, status, { as: installation, ...options });

  /** @param permissions of the installation */
  async function serve(permissions: Record<string, "read" | "write"> = ALL): Promise<void> {
    served = await serveGitHub({ deliver: async () => 200 });
    served.github.registerToken(TOKEN, [ORGANIZATION, REPOSITORY]);
    const { id, privateKey } = app(served, { permissions }, { events: ["workflow_job"], webhook: { url: "https://hooks.example/app" } });
    const auth = createAppAuth({ appId: id, privateKey, request: request.defaults({ baseUrl: served.api }) });
    key = privateKey;
    jwt = `Bearer ${(await auth({ type: "app" })).token}`;
    installation = `token ${(await auth({ type: "installation", installationId: 678 })).token}`;
    served.github.addRepository(REPOSITORY);
  }

  beforeEach(() => serve());
  afterEach(() => served.close());

  /** Every route of one webhook's configuration and deliveries, of which it must have one. */
  async function oneHook(path: string, as: string): Promise<void> {
    assert.deepEqual((await exchange("GET", `${path}/config`, 200, { as })).body.content_type, "json");
    const changed = await exchange("PATCH", `${path}/config`, 200, { as, body: { secret: "new", content_type: "json" } });
    assert.equal(changed.body.secret, "********");
    const [delivery] = (await exchange("GET", `${path}/deliveries?per_page=1`, 200, { as })).body;
    await exchange("GET", `${path}/deliveries?status=failure`, 200, { as });
    await exchange("GET", `${path}/deliveries?cursor=v1_1`, 422, { as });
    const detail = await exchange("GET", `${path}/deliveries/${delivery.id}`, 200, { as });
    assert.equal(detail.body.request.headers["x-github-delivery"], delivery.guid);
    await exchange("POST", `${path}/deliveries/${delivery.id}/attempts`, 202, { as });
    for (const [method, below] of [
      ["GET", "/deliveries/1"],
      ["POST", "/deliveries/1/attempts"],
    ] as const) {
      await exchange(method, path + below, 404, { as });
    }
    for (const [method, below, body] of [
      ["GET", "/config", undefined],
      ["PATCH", "/config", {}],
      ["GET", "/deliveries", undefined],
      ["GET", `/deliveries/${delivery.id}`, undefined],
      ["POST", `/deliveries/${delivery.id}/attempts`, undefined],
    ] as const) {
      await exchange(method, path + below, 401, { as: "Bearer nonsense", body });
    }
  }

  it("describes the App's webhook and its deliveries to the App only", async () => {
    served.github.queueJob({ name: "build", labels: ["pool"], repository: REPOSITORY });
    await served.github.deliveriesSettled();
    await oneHook("/app/hook", jwt);
    await exchange("GET", "/app/hook/config", 401);
  });

  for (const scope of SCOPES) {
    it(`describes the webhooks of ${scope.path}`, async () => {
      const hooks = `${scope.path}/hooks`;
      const config = { url: "https://hooks.example/ours", content_type: "json", insecure_ssl: "0", secret: "secret" };
      const body = { name: "web", active: true, events: ["workflow_job"], config };
      const { id } = (await exchange("POST", hooks, 201, { body })).body;
      await served.github.deliveriesSettled();
      const path = `${hooks}/${id}`;
      assert.match(JSON.stringify((await exchange("POST", hooks, 422, { body })).body), /Hook already exists on this/);
      await exchange("POST", hooks, 422, { body: { ...body, config: {} }, wrong: true });
      assert.equal((await exchange("GET", hooks, 200)).body.length, 1);
      await exchange("GET", path, 200);
      await oneHook(path, installation);
      await exchange("POST", `${path}/pings`, 204);
      const patched = await exchange("PATCH", path, 200, { body: { config: { url: config.url, content_type: "json" }, active: false } });
      assert.deepEqual([patched.body.active, patched.body.config.secret], [false, undefined], "without a secret it is removed");
      await exchange("PATCH", path, 422, { body: { config: { url: "nowhere" } } });
      const ways: [method: string, below: string, body?: unknown][] = [
        ["GET", ""],
        ["POST", "", body],
        ["GET", "/ID"],
        ["PATCH", "/ID", {}],
        ["DELETE", "/ID"],
        ["POST", "/ID/pings"],
        ["GET", "/ID/config"],
        ["PATCH", "/ID/config", {}],
        ["GET", "/ID/deliveries"],
        ["GET", "/ID/deliveries/1"],
        ["POST", "/ID/deliveries/1/attempts"],
      ];
      for (const [method, below, sent] of ways) {
        await exchange(method, `${scope.stranger}/hooks${below.replace("ID", String(id))}`, 404, { body: sent });
        await exchange(method, hooks + below.replace("ID", String(id)), 401, { body: sent, as: "Bearer nonsense" });
        if (below.startsWith("/ID")) await exchange(method, hooks + below.replace("ID", "1"), 404, { body: sent });
      }
      await exchange("DELETE", path, 204);
      await served.close();
      await serve({ actions: "read" });
      for (const [method, below, sent] of ways) await exchange(method, hooks + below.replace("ID", "1"), 403, { body: sent });
    });
  }

  it("describes runs, jobs and re-runs, and refuses what GitHub refuses", async () => {
    const { github } = served;
    const run = github.startRun(REPOSITORY, "ci");
    const jobs = ["build", "test"].map((name) => github.queueJob({ name, labels: ["pool"], repository: REPOSITORY, run: run.id }));
    const root = `/repos/${REPOSITORY}/actions`;
    assert.equal((await exchange("GET", `${root}/runs?status=queued&per_page=100`, 200)).body.total_count, 1);
    assert.equal((await exchange("GET", `${root}/runs?status=in_progress`, 200)).body.total_count, 0);
    assert.equal((await exchange("GET", `${root}/runs/${run.id}`, 200)).body.status, "queued");
    const listed = (await exchange("GET", `${root}/runs/${run.id}/jobs?filter=latest&per_page=100`, 200)).body.jobs;
    assert.deepEqual([listed.length, listed[0].runner_name], [2, null]);
    await exchange("GET", `${root}/jobs/${listed[0].id}`, 200);
    for (const again of ["rerun", "rerun-failed-jobs"]) {
      jobs.push(github.queueJob({ name: "late", labels: ["pool"], repository: REPOSITORY, run: run.id }));
      assert.match((await exchange("POST", `${root}/runs/${run.id}/${again}`, 403)).body.message, /already running/);
      await exchange("POST", `${root}/runs/1/${again}`, 404);
      await exchange("POST", `${root}/runs/${run.id}/${again}`, 401, { as: jwt });
      for (const job of jobs) github.cancelJob(job);
      await exchange("POST", `${root}/runs/${run.id}/${again}`, 201);
      for (const job of github.jobs()) github.cancelJob(job.id);
    }
    assert.equal(github.job(jobs[0]!).run.attempt, 3);
    for (const kind of ["cancel", "force-cancel"]) {
      assert.match((await exchange("POST", `${root}/runs/${run.id}/${kind}`, 409)).body.message, /is completed/);
      const [last] = (await exchange("GET", `${root}/runs/${run.id}/jobs`, 200)).body.jobs;
      await exchange("POST", `${root}/jobs/${last.id}/rerun`, 201);
      assert.match((await exchange("POST", `${root}/jobs/${last.id}/rerun`, 403)).body.message, /already running/);
      await exchange("POST", `${root}/runs/${run.id}/${kind}`, 202);
      await exchange("POST", `${root}/runs/1/${kind}`, 404);
      await exchange("POST", `${root}/runs/${run.id}/${kind}`, 401, { as: jwt });
    }
    await exchange("POST", `${root}/jobs/1/rerun`, 404);
    await exchange("POST", `${root}/jobs/${listed[0].id}/rerun`, 401, { as: jwt });
    const other = `/repos/${ORGANIZATION}/absent/actions`;
    for (const below of ["runs", `runs/${run.id}`, `runs/${run.id}/jobs`, `jobs/${listed[0].id}`]) {
      await exchange("GET", `${other}/${below}`, 404);
      await exchange("GET", `${root}/${below}`, 401, { as: "Bearer nonsense" });
    }
    await exchange("GET", `${root}/jobs/1`, 404);
    await served.close();
    await serve({ actions: "read", metadata: "read" });
    for (const again of ["rerun", "rerun-failed-jobs"]) await exchange("POST", `${root}/runs/1/${again}`, 403);
  });

  it("describes runner groups with the repositories that they admit, and the installation's repositories", async () => {
    served.github.addRunnerGroup(ORGANIZATION, "Linux", [REPOSITORY]);
    const groups = `/orgs/${ORGANIZATION}/actions/runner-groups`;
    const { runner_groups: listed } = (await exchange("GET", `${groups}?per_page=100`, 200)).body;
    assert.deepEqual(
      listed.map(({ id, name, visibility }: { id: number; name: string; visibility: string }) => [id, name, visibility]),
      [
        [1, "Default", "all"],
        [2, "Linux", "selected"],
      ],
    );
    const admitted = (await exchange("GET", `${groups}/2/repositories`, 200)).body;
    assert.deepEqual([admitted.total_count, admitted.repositories[0].full_name], [1, REPOSITORY]);
    const own = (await exchange("GET", "/installation/repositories?per_page=100", 200)).body;
    assert.deepEqual([own.total_count, own.repositories[0].full_name], [1, REPOSITORY]);
    await exchange("GET", "/installation/repositories", 403, { as: `Bearer ${TOKEN}` });
    await exchange("GET", "/installation/repositories", 401, { as: jwt });
    await exchange("GET", `${groups}/3/repositories`, 404);
    await exchange("GET", "/orgs/other-org/actions/runner-groups", 404);
    for (const below of ["", "/2/repositories"]) await exchange("GET", groups + below, 401, { as: jwt });
  });

  it("answers 503 in GitHub's format to everything while GitHub is away", async () => {
    const back = served.github.goAway();
    const reply = await exchange("GET", "/app", 503, { as: jwt });
    assert.deepEqual(errorDifferences(reply.body), []);
    back();
    await exchange("GET", "/app", 200, { as: jwt });
  });

  it("receives only described requests from our functions' clients, and replies to each as described", async () => {
    const judge = await judged(served);
    const scopes = [{ organization: ORGANIZATION }, { owner: ORGANIZATION, repository: "app" }];
    const account = { apiUrl: judge.api, scope: scopes[0]!, credentials: { appId: "12345", privateKeySecret: "key", installationId: 678 } };
    const transport = new GitHubTransport(account, async () => key);
    const clients = { app: new GitHubApp(transport), hooks: new GitHubHooks(transport), actions: new GitHubActions(transport) };
    const signal = AbortSignal.timeout(30_000);
    const settings = { url: "https://function.example/", secret: "secret", events: ["workflow_job"] };
    try {
      assert.deepEqual((await clients.app.app(signal)).events, ["workflow_job"]);
      await clients.app.setAppHook(settings, signal);
      assert.equal(await clients.app.appHookUrl(signal), settings.url);
      for (const scope of scopes) {
        await clients.hooks.putHook(scope, settings, signal);
        const id = await clients.hooks.putHook(scope, settings, signal);
        await served.github.deliveriesSettled();
        const hook = { scope, id };
        const [ping] = (await clients.hooks.deliveries(hook, 0, "all", signal)).deliveries;
        assert.equal(await clients.hooks.redeliver(hook, ping!.id, signal), "accepted");
        assert.equal(await clients.hooks.removeHook(scope, settings.url, signal), "deleted");
      }
      const id = served.github.queueJob({ name: "build", labels: ["pool"], repository: REPOSITORY });
      await served.github.deliveriesSettled();
      const [sent] = (await clients.hooks.deliveries("app", 0, "all", signal)).deliveries;
      await clients.hooks.deliveries("app", 0, "failed", signal);
      assert.equal(await clients.hooks.redeliver("app", sent!.id, signal), "accepted");
      assert.equal((await clients.actions.repositories(signal)).length, 1);
      const runs = await clients.actions.runs(REPOSITORY, "queued", undefined, signal);
      assert.ok(!runs.unchanged);
      const run = runs.value[0]!;
      assert.deepEqual(await clients.actions.runs(REPOSITORY, "queued", runs.etag, signal), { unchanged: true });
      const jobs = await clients.actions.jobs(REPOSITORY, run.id, undefined, signal);
      const job = jobs.unchanged ? assert.fail() : jobs.value[0]!;
      assert.deepEqual(await clients.actions.job(REPOSITORY, job.id, signal), job);
      for (const which of ["all", "failed"] as const) {
        assert.equal((await clients.actions.rerun(REPOSITORY, run.id, which, signal)).outcome, "refused");
      }
      served.github.cancelJob(id);
      assert.equal((await clients.actions.rerun(REPOSITORY, run.id, "all", signal)).outcome, "accepted");
      served.github.addRunnerGroup(ORGANIZATION, "linux", [REPOSITORY]);
      const [, group] = await clients.actions.runnerGroups(ORGANIZATION, signal);
      assert.deepEqual(await clients.actions.groupRepositories(ORGANIZATION, group!.id, signal), [REPOSITORY]);
    } finally {
      await judge.close();
    }
    assert.deepEqual(judge.wrong, []);
    assert.deepEqual(
      judge.seen.filter((route) => route.endsWith("undefined")),
      [],
    );
  });

  // Must be the last test: it checks what the others exchanged.
  it("serves no such route that GitHub lacks, and none whose success and refusals were not compared with the description", () => {
    const routes = served.github.restRoutes().filter(isOfDemand);
    assert.equal(routes.length, 5 + 2 * 11 + 12);
    const expected = (method: string, template: string, success: number): number[] => {
      if (template === "/app/hook/config" || template === "/app/hook/deliveries") return [success, 401];
      if (template === "/installation/repositories") return [success, 401, 403];
      const isScoped = template.includes("/hooks");
      return [success, 401, 404, ...(isScoped || template.includes("/rerun") ? [403] : []), ...(isChecked(method, template) ? [422] : [])];
    };
    assert.deepEqual(exchanges.lacking(routes, expected), []);
  });

  /** Whether a request can be wrong in what it says. */
  function isChecked(method: string, template: string): boolean {
    return (method === "POST" && template.endsWith("/hooks")) || (method === "PATCH" && template.endsWith("{hook_id}"));
  }
});
