import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { GitHubJit } from "../../../functions/shared/github/jit";
import { GitHubRunners } from "../../../functions/shared/github/runners";
import { GitHubTransport } from "../../../functions/shared/github/transport";
import { app, call, ORGANIZATION, register, serveGitHub, type ServedGitHub, TOKEN } from "./fixture";
import { protectedRepository } from "../../promotion/protected-repository";
import { type Exchange, Exchanges, isOfDemand } from "./exchanges";
import { judged } from "./judge";
import { errorDifferences, isDescribed } from "./openapi";

const REPOSITORY = `${ORGANIZATION}/app`;
const SCOPES = [
  { name: "an organization", path: `/orgs/${ORGANIZATION}`, template: "/orgs/{org}", url: ORGANIZATION, stranger: "/orgs/other-org" },
  {
    name: "a repository",
    path: `/repos/${REPOSITORY}`,
    template: "/repos/{owner}/{repo}",
    url: REPOSITORY,
    stranger: "/repos/other-org/app",
  },
] as const;

describe("the GitHub stand-in, compared with GitHub's own OpenAPI description", () => {
  let served: ServedGitHub;
  let bearer: string;
  const exchanges = new Exchanges();

  beforeEach(async () => {
    served = await serveGitHub();
    served.github.registerToken(TOKEN, [ORGANIZATION, REPOSITORY]);
    const { id, privateKey } = app(served);
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const now = Math.floor(Date.now() / 1000);
    const unsigned = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: id, iat: now - 30, exp: now + 300 })}`;
    bearer = `Bearer ${unsigned}.${createSign("sha256").update(unsigned).sign(privateKey, "base64url")}`;
  });
  afterEach(() => served.close());

  const exchange: Exchange = (method, path, status, options) => exchanges.exchange(served, method, path, status, options);

  /** Registers a runner of the scope and returns the path of its routes. */
  async function runnerOf(scope: (typeof SCOPES)[number]): Promise<{ path: string; id: number }> {
    const { body } = await exchange("POST", `${scope.path}/actions/runners/registration-token`, 201);
    const systemLabels = ["self-hosted", "Linux", "X64"];
    const { runnerId: id } = served.github.register({
      url: `${served.url}/${scope.url}`,
      token: body.token,
      name: "i-1",
      labels: ["pool"],
      systemLabels,
    });
    return { path: `${scope.path}/actions/runners/${id}`, id };
  }

  function makeBusy(runnerId: number): void {
    const { protocol } = served.github;
    const { sessionId } = protocol.createSession({ runnerId });
    const jobId = served.github.queueJob({ name: "build", labels: ["pool"] });
    void protocol.poll({ sessionId, status: "Online" });
    protocol.acquire({ runnerId, jobId });
  }

  for (const scope of SCOPES) {
    it(`replies on every route for the runners of ${scope.name} in the described shape`, async () => {
      const { path } = await runnerOf(scope);
      await exchange("POST", `${scope.path}/actions/runners/remove-token`, 201);
      const jit = { name: "e2e-1", runner_group_id: 1, labels: ["e2e-1"], work_folder: "work" };
      await exchange("POST", `${scope.path}/actions/runners/generate-jitconfig`, 201, { body: jit });
      await exchange("POST", `${scope.path}/actions/runners/generate-jitconfig`, 409, { body: jit });
      await exchange("GET", `${scope.path}/actions/runners`, 200);
      await exchange("GET", `${scope.path}/actions/runners?name=i-1&per_page=100&page=1`, 200);
      served.github.scheduleVersion("2.300.0", {
        registration: Date.parse("2026-08-01T00:00:00Z"),
        runtime: Date.parse("2026-09-01T00:00:00Z"),
      });
      served.github.scheduleVersion("2.301.0", {});
      const ends = async (version: string) => (await exchange("GET", `${scope.path}/actions/runners/deprecations/${version}`, 200)).body;
      assert.deepEqual(
        [(await ends("2.300.0")).runtime_deprecates_at, (await ends("2.301.0")).runtime_deprecates_at],
        ["2026-09-01T00:00:00Z", null],
      );
      await exchange("GET", path, 200);
      await exchange("GET", `${path}/labels`, 200);
      await exchange("POST", `${path}/labels`, 200, { body: { labels: ["gpu"] } });
      await exchange("PUT", `${path}/labels`, 200, { body: { labels: ["a", "b"] } });
      await exchange("DELETE", `${path}/labels/a`, 200);
      await exchange("DELETE", `${path}/labels`, 200);
      await exchange("DELETE", path, 204);
    });

    it(`refuses invalid requests for the runners of ${scope.name} in the described shape`, async () => {
      const { path, id } = await runnerOf(scope);
      makeBusy(id);
      assert.equal((await exchange("DELETE", path, 422)).body.message, 'Bad request - Runner "i-1" is still running a job');
      await exchange("POST", `${path}/labels`, 422, { body: { labels: [] }, wrong: true });
      const jit = { name: "e2e-1", runner_group_id: 1, labels: [] };
      await exchange("POST", `${scope.path}/actions/runners/generate-jitconfig`, 422, { body: jit, wrong: true });
      await exchange("PUT", `${path}/labels`, 422, { body: { labels: "gpu" }, wrong: true });
      await exchange("DELETE", `${path}/labels/Linux`, 422);
      await exchange("DELETE", `${path}/labels/absent`, 404);
    });

    it(`returns 401, 403 and 404 in the described shape on every route for the runners of ${scope.name}`, async () => {
      await served.close();
      // The App is read-only: 403 for what it may not do, 404 for what does not exist, 401 for an unknown caller.
      served = await serveGitHub();
      served.github.registerToken(TOKEN, [ORGANIZATION, REPOSITORY]);
      const reader = await readOnly();
      const { path } = await runnerOf(scope);
      const ways: [method: string, below: string, body?: unknown][] = [
        ["POST", "/registration-token"],
        ["POST", "/remove-token"],
        ["POST", "/generate-jitconfig", { name: "e2e-1", runner_group_id: 1, labels: ["e2e-1"] }],
        ["GET", ""],
        ["GET", "/ID"],
        ["DELETE", "/ID"],
        ["GET", "/ID/labels"],
        ["GET", "/deprecations/2.300.0"],
        ["POST", "/ID/labels", { labels: ["x"] }],
        ["PUT", "/ID/labels", { labels: ["x"] }],
        ["DELETE", "/ID/labels"],
        ["DELETE", "/ID/labels/x"],
      ];
      for (const [method, below, body] of ways) {
        const under = (root: string) => `${root}/actions/runners${below.replace("ID", path.split("/").at(-1)!)}`;
        await exchange(method, under(scope.path), 401, { body, as: "Bearer nonsense" });
        await exchange(method, under(scope.stranger), 404, { body });
        if (method !== "GET") await exchange(method, under(scope.path), 403, { body, as: `token ${reader}` });
        if (below.startsWith("/ID")) await exchange(method, `${scope.path}/actions/runners${below.replace("ID", "999")}`, 404, { body });
      }
    });
  }

  async function readOnly(): Promise<string> {
    const { id, privateKey } = app(served, { permissions: { organization_self_hosted_runners: "read", administration: "read" } });
    const { createAppAuth } = await import("@octokit/auth-app");
    const { request } = await import("@octokit/request");
    const auth = createAppAuth({ appId: id, privateKey, request: request.defaults({ baseUrl: served.api }) });
    return (await auth({ type: "installation", installationId: 678 })).token;
  }

  it("returns the remaining rate limit in the described shape, without counting the request", async () => {
    const rateLimit = async () => (await exchange("GET", "/rate_limit", 200)).body.resources.core;
    const { limit, used } = await rateLimit();
    assert.deepEqual(await rateLimit().then((core) => [core.limit, core.used]), [limit, used]);
    await exchange("GET", `${SCOPES[0]!.path}/actions/runners`, 200);
    assert.equal((await rateLimit()).used, used + 1);
    await exchange("GET", "/rate_limit", 401, { as: "Bearer nonsense" });
  });

  it("replies to an App in the described shapes, with or without permission", async () => {
    await exchange("GET", "/app", 200, { as: bearer });
    await exchange("GET", "/app/installations", 200, { as: bearer });
    await exchange("POST", "/app/installations/678/access_tokens", 201, { as: bearer });
    await exchange("POST", "/app/installations/999/access_tokens", 404, { as: bearer });
    for (const scope of SCOPES) {
      await exchange("GET", `${scope.path}/installation`, 200, { as: bearer });
      await exchange("GET", `${scope.stranger}/installation`, 404, { as: bearer });
      await exchange("GET", `${scope.path}/installation`, 401);
    }
    await exchange("GET", "/app", 401, { as: `${bearer}x` });
    await exchange("GET", "/app/installations", 401);
    await exchange("POST", "/app/installations/678/access_tokens", 401);
  });

  it("returns GitHub's error format above the rate limit and for injected faults", async () => {
    await served.close();
    served = await serveGitHub({ rateLimit: 1 });
    await exchange("GET", `/orgs/${ORGANIZATION}/actions/runners`, 200);
    const limited = await exchange("GET", `/orgs/${ORGANIZATION}/actions/runners`, 403);
    assert.match(limited.body.message, /^API rate limit exceeded for user ID 1\.$/);
    served.github.faults.add({
      route: /runners$/,
      kind: "status",
      status: 429,
      message: "You have exceeded a secondary rate limit.",
      headers: { "retry-after": "60" },
      times: 1,
    });
    assert.equal((await exchange("GET", `/orgs/${ORGANIZATION}/actions/runners`, 429)).headers.get("retry-after"), "60");
    served.github.faults.add({ route: /runners$/, kind: "status", status: 502, message: "Server Error", times: 1 });
    await exchange("GET", `/orgs/${ORGANIZATION}/actions/runners`, 502);
  });

  it("returns GitHub's error format for an unknown route and for a body that is not JSON", async () => {
    const unknown = await call(served, "GET", "/orgs/example-org/actions/hosted-runners");
    assert.deepEqual([unknown.status, errorDifferences(unknown.body)], [404, []]);
    const { runnerId } = await register(served, "i-1");
    const path = `/orgs/${ORGANIZATION}/actions/runners/${runnerId}/labels`;
    const raw = await fetch(`${served.api}${path}`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` }, body: "{labels" });
    const body = await raw.json();
    assert.deepEqual([raw.status, body.message, errorDifferences(body)], [400, "Problems parsing JSON", []]);
  });

  it("receives only described requests from our functions' client, and replies to each as described", async () => {
    const { id: appId, privateKey } = app(served);
    const judge = await judged(served);
    try {
      for (const scope of [{ organization: ORGANIZATION }, { owner: ORGANIZATION, repository: "app" }]) {
        const account = {
          apiUrl: judge.api,
          scope,
          credentials: { appId: String(appId), privateKeySecret: "key" },
        };
        const runners = new GitHubRunners(new GitHubTransport(account, async () => privateKey), scope);
        const signal = AbortSignal.timeout(30_000);
        const { token } = await runners.createRegistrationToken(signal);
        const url = `${served.url}/${"organization" in scope ? ORGANIZATION : REPOSITORY}`;
        served.github.register({ url, token, name: "i-1", labels: ["pool"], systemLabels: ["self-hosted"], version: "2.350.0" });
        assert.deepEqual(await runners.versionSchedule("2.350.0", signal), {});
        served.github.scheduleVersion("2.349.0", { runtime: Date.parse("2026-09-01T00:00:00Z") });
        assert.deepEqual(await runners.versionSchedule("2.349.0", signal), { runtimeEnds: new Date("2026-09-01T00:00:00Z") });
        assert.equal(await runners.versionSchedule("2.100.0", signal), "unknown");
        const jit = new GitHubJit(new GitHubTransport(account, async () => privateKey), scope);
        const request = { name: "e2e-1", labels: ["e2e-1"], workFolder: "work" };
        const lost = await jit.create(request, signal);
        const { runnerId } = await jit.create(request, signal);
        assert.deepEqual([await runners.get(lost.runnerId, signal), (await runners.get(runnerId, signal))?.name], [undefined, "e2e-1"]);
        await runners.remove(runnerId, signal);
        const found = await runners.find("i-1", signal);
        assert.equal(found?.version, "2.350.0");
        for await (const page of runners.pages(signal)) assert.equal(page.length, 1);
        assert.equal(await runners.setCustomLabels(found!.id, ["ended"], signal), "set");
        assert.deepEqual((await runners.get(found!.id, signal))?.labels, ["ended"]);
        assert.equal(await runners.removeCustomLabels(found!.id, signal), "removed");
        assert.equal(await runners.remove(found!.id, signal), "deleted");
        assert.equal(await runners.remove(found!.id, signal), "gone");
        assert.equal(await runners.removeCustomLabels(found!.id, signal), "gone");
      }
    } finally {
      await judge.close();
    }
    assert.deepEqual(judge.wrong, []);
    const ours = SCOPES.flatMap(({ template }) => [
      `GET ${template}/installation`,
      `POST ${template}/actions/runners/registration-token`,
      `POST ${template}/actions/runners/generate-jitconfig`,
      `GET ${template}/actions/runners`,
      `GET ${template}/actions/runners/{runner_id}`,
      `GET ${template}/actions/runners/deprecations/{version}`,
      `PUT ${template}/actions/runners/{runner_id}/labels`,
      `DELETE ${template}/actions/runners/{runner_id}/labels`,
      `DELETE ${template}/actions/runners/{runner_id}`,
    ]);
    assert.deepEqual([...new Set(judge.seen)].sort(), [...ours, "POST /app/installations/{installation_id}/access_tokens"].sort());
    assert.deepEqual(
      ours.filter((route) => !served.github.restRoutes().includes(route)),
      [],
    );
  });

  it("returns a repository's settings in the described shapes, and hides who may bypass a ruleset from all but its admins", async () => {
    const root = `/repos/${REPOSITORY}`;
    const settings = protectedRepository();
    served.github.configureRepository(REPOSITORY, settings);
    served.github.registerToken("ghp_reader", [REPOSITORY], "read");
    served.github.registerToken("ghp_metadata", [REPOSITORY], "metadata");
    const paths = [
      "rulesets",
      "rulesets/1",
      "rules/branches/main",
      "environments",
      "environments/prod/deployment-branch-policies",
      "environments/promotion/secrets",
      "codeowners/errors",
      "actions/secrets",
      "actions/organization-secrets",
      "actions/permissions/workflow",
    ];
    for (const path of paths) {
      await exchange("GET", `${root}/${path}`, 200);
      await exchange("GET", `${root}/${path}`, 401, { as: "Bearer nonsense" });
      await exchange("GET", `/repos/other-org/app/${path}`, 404);
      const own = path.startsWith("rule") ? 200 : 403;
      await exchange("GET", `${root}/${path}`, own, { as: "Bearer ghp_metadata" });
    }
    assert.ok("bypass_actors" in (await exchange("GET", `${root}/rulesets/1`, 200)).body);
    assert.ok(!("bypass_actors" in (await exchange("GET", `${root}/rulesets/1`, 200, { as: "Bearer ghp_reader" })).body));
    await exchange("GET", `${root}/rulesets/99`, 404);
    await exchange("GET", `${root}/environments/absent/deployment-branch-policies`, 404);
    await exchange("GET", `${root}/environments/absent/secrets`, 404);
    await exchange("GET", `${root}/actions/permissions/workflow`, 403, { as: "Bearer ghp_reader" });

    assert.deepEqual((await exchange("GET", `${root}/rules/branches/other`, 200)).body, []);
    const types = async () => (await exchange("GET", `${root}/rules/branches/main`, 200)).body.map(({ type }: any) => type);
    assert.ok((await types()).includes("pull_request"));
    for (const enforcement of ["evaluate", "disabled"] as const) {
      settings.rulesets[0]!.enforcement = enforcement;
      assert.deepEqual(await types(), []);
      assert.equal((await exchange("GET", `${root}/rulesets`, 200)).body[0].enforcement, enforcement);
    }
    const page = await exchange("GET", `${root}/environments?per_page=1&page=2`, 200);
    assert.deepEqual([page.body.total_count, page.body.environments.length], [settings.environments.length, 1]);
    assert.match(page.headers.get("link")!, /rel="next"/);
    settings.hasRulesets = false;
    assert.match((await exchange("GET", `${root}/rulesets`, 403)).body.message, /^Upgrade to GitHub Pro/);
  });

  // Must be the last test: it checks what the others exchanged.
  it("serves no route that GitHub lacks, and none whose success and refusals were not compared with the description", () => {
    const routes = served.github.restRoutes().filter((route) => !isOfDemand(route));
    assert.equal(routes.length, 4 + 2 * 13 + 10);
    assert.deepEqual(exchanges.lacking(routes, expectedStatuses), []);
  });

  /** The statuses specific to a route, without those that every route can return. */
  function expectedStatuses(method: string, template: string, success: number): number[] {
    if (["/app", "/app/installations", "/rate_limit"].includes(template)) return [success, 401];
    if (!template.includes("/actions/runners")) return [success, 401, 404];
    const refusals = [409, 422].filter((status) => isDescribed(method, template, status));
    return [success, 401, 404, ...(method === "GET" ? [] : [403]), ...refusals];
  }
});
