import { installationFor, requireRunnerAccess } from "./access";
import { actionsRoutes } from "./actions-routes";
import { etagOf, isKnown } from "./etags";
import type { Caller, GitHubCredentials } from "./github-credentials";
import { type GitHubRequest, HttpError, type GitHubReply } from "./http";
import type { GitHubOptions } from "./github-options";
import { hookRoutes } from "./hook-routes";
import { createJitRunner } from "./jit";
import type { JobQueue } from "./queue";
import type { Repositories } from "./repositories";
import { type Act, asApp, at, ok, paged, type Route, scopeOf } from "./routes";
import type { RepositorySettings } from "./repository-settings";
import { settingsRoutes } from "./settings-routes";
import { installationLimit, type RateLimit } from "./rate-limit";
import type { Runner, Runners } from "./runners";
import { appBody, installationBody, instant, labelsBody, rateLimitBody, runnerBody } from "./shapes";
import { VersionSchedules } from "./version-schedules";
import type { Webhooks } from "./webhooks";

const RATE_LIMIT = "/rate_limit";

/** The routes of GitHub's REST API that a pool of self-hosted runners uses. */
export class Rest {
  /** Settings by `owner/repo` in lower case. */
  readonly repositories = new Map<string, RepositorySettings>();
  readonly versions: VersionSchedules;
  private readonly routes: Route[];

  constructor(
    private readonly credentials: GitHubCredentials,
    private readonly runners: Runners,
    private readonly rateLimit: RateLimit,
    private readonly options: GitHubOptions,
    private readonly known: Repositories,
    queue: JobQueue,
    webhooks: Webhooks,
    now: () => number,
  ) {
    this.versions = new VersionSchedules(runners);
    const base = "/{scope}/actions/runners";
    const runner = `${base}/{runner_id}`;
    const labels = `${runner}/labels`;
    this.routes = [
      ...settingsRoutes(this.repositories, (call, all) => paged(call, all, this.options.largestPage)).map(([template, act]) =>
        at("GET", template, act),
      ),
      ...hookRoutes(webhooks, options.largestPage),
      ...actionsRoutes({ queue, repositories: known, groups: runners.groups, now }, options.largestPage),
      at("GET", "/app", (call, _, caller) => ok(appBody(asApp(caller), call.origin))),
      at("GET", "/app/installations", (call, _, caller) => this.installations(call, caller)),
      at("POST", "/app/installations/{installation_id}/access_tokens", (_, match, caller) => this.token(match, caller)),
      at("GET", "/{scope}/installation", (call, match, caller) => this.installation(call, match, caller)),
      at("POST", `${base}/registration-token`, this.runnerToken("register")),
      at("POST", `${base}/remove-token`, this.runnerToken("remove")),
      at("POST", `${base}/generate-jitconfig`, createJitRunner(runners, options)),
      at("GET", base, (call, match, caller) => this.list(call, match, caller)),
      at("GET", `${base}/deprecations/{version}`, (call, match, caller) => {
        requireRunnerAccess(caller, scopeOf(match), "read");
        return ok(this.versions.body(decodeURIComponent(match.version ?? ""), call.apiVersion));
      }),
      at(
        "GET",
        runner,
        this.one("read", (r) => ok(runnerBody(r, r.busy))),
      ),
      at(
        "DELETE",
        runner,
        this.one("write", (r) => this.remove(r)),
      ),
      at(
        "GET",
        labels,
        this.one("read", (r) => ok(labelsBody(r))),
      ),
      at(
        "POST",
        labels,
        this.one("write", (r, call) => this.addLabels(r, call)),
      ),
      at(
        "PUT",
        labels,
        this.one("write", (r, call) => this.setLabels(r, wanted(call, 0))),
      ),
      at(
        "DELETE",
        labels,
        this.one("write", (r) => this.setLabels(r, [])),
      ),
      at(
        "DELETE",
        `${labels}/{name}`,
        this.one("write", (r, _, match) => this.removeLabel(r, decodeURIComponent(match.name ?? ""))),
      ),
    ];
  }

  /** Every route that is served, as spelled in GitHub's OpenAPI description: `METHOD /template`. */
  served(): string[] {
    const all = [...this.routes, { method: "GET", template: RATE_LIMIT }];
    return all.flatMap(({ method, template }) => {
      const scopes = template.includes("{scope}") ? ["orgs/{org}", "repos/{owner}/{repo}"] : [""];
      return scopes.map((scope) => `${method} ${template.replace("{scope}", scope)}`);
    });
  }

  /** Throws HttpError. The path must not include an Enterprise Server's `/api/v3`. */
  handle(call: GitHubRequest): GitHubReply {
    const caller = this.credentials.caller(call.authorization);
    const limit = this.limitOf(caller);
    // The only request that never counts against the rate limit.
    if (call.method === "GET" && call.path === RATE_LIMIT && caller.kind !== "app")
      return ok(rateLimitBody(this.rateLimit.state(caller.rateKey, limit)));
    this.runners.removeAbsent();
    const headers = caller.kind === "app" ? {} : this.rateLimit.count(caller.rateKey, limit, call.method);
    try {
      for (const route of this.routes) {
        const match = route.method === call.method ? route.path.exec(call.path) : null;
        if (!match) continue;
        const reply = route.act(call, { ...match.groups }, caller);
        if (call.method !== "GET") return { ...reply, headers: { ...headers, ...reply.headers } };
        const etag = () => etagOf(call, reply);
        if (!isKnown(call, etag)) return { ...reply, etag, headers: { ...headers, ...reply.headers } };
        return { status: 304, etag, headers: { ...headers, ...(caller.kind !== "app" && this.rateLimit.refund(caller.rateKey, limit)) } };
      }
      throw new HttpError(404, "Not Found");
    } catch (error) {
      if (error instanceof HttpError) Object.assign(error.headers, headers);
      throw error;
    }
  }

  /** Requests per hour: an installation may make more if it has many repositories. */
  private limitOf(caller: Caller): number {
    const { rateLimit } = this.options;
    return caller.kind === "installation" ? installationLimit(rateLimit, this.known.of(caller.installation).length) : rateLimit;
  }

  private installations(call: GitHubRequest, caller: Caller): GitHubReply {
    const app = asApp(caller);
    const all = app.installations.map((installation) => installationBody(app, installation, call.origin));
    const page = paged(call, all, this.options.largestPage);
    return { status: 200, body: page.items, headers: page.headers };
  }

  private installation(call: GitHubRequest, match: Record<string, string>, caller: Caller): GitHubReply {
    const app = asApp(caller);
    return ok(installationBody(app, installationFor(app, scopeOf(match)), call.origin));
  }

  private token(match: Record<string, string>, caller: Caller): GitHubReply {
    const app = asApp(caller);
    const installation = app.installations.find(({ id }) => id === Number(match.installation_id));
    if (!installation) throw new HttpError(404, "Not Found");
    const { token, expiresAt } = this.credentials.mintInstallationToken(app, installation);
    const body = {
      token,
      expires_at: instant(expiresAt),
      permissions: installation.permissions,
      repository_selection: installation.repositories ? "selected" : "all",
    };
    return ok(body, 201);
  }

  private runnerToken(purpose: "register" | "remove"): Act {
    return (_, match, caller) => {
      const scope = scopeOf(match);
      requireRunnerAccess(caller, scope, "write");
      const { token, expiresAt } = this.credentials.mintRegistrationToken(scope, purpose);
      return ok({ token, expires_at: instant(expiresAt) }, 201);
    };
  }

  private list(call: GitHubRequest, match: Record<string, string>, caller: Caller): GitHubReply {
    const scope = scopeOf(match);
    requireRunnerAccess(caller, scope, "read");
    const { busyLagMs, busyOverride, filtersByName, largestPage } = this.options;
    const found = this.runners.list(scope, filtersByName ? (call.query.get("name") ?? undefined) : undefined);
    const page = paged(call, found, largestPage);
    const runners = page.items.map((r) => runnerBody(r, busyOverride?.(r.name) ?? this.runners.shownBusy(r, busyLagMs)));
    return { status: 200, body: { total_count: found.length, runners }, headers: page.headers };
  }

  /** A route for one runner: 404 when it does not exist. */
  private one(need: "read" | "write", act: (runner: Runner, call: GitHubRequest, match: Record<string, string>) => GitHubReply): Act {
    return (call, match, caller) => {
      const scope = scopeOf(match);
      requireRunnerAccess(caller, scope, need);
      const runner = this.runners.get(Number(match.runner_id));
      if (!runner || runner.scope.toLowerCase() !== scope.toLowerCase()) throw new HttpError(404, "Not Found");
      return act(runner, call, match);
    };
  }

  private remove(runner: Runner): GitHubReply {
    this.runners.remove(runner);
    return { status: 204 };
  }

  private addLabels(runner: Runner, call: GitHubRequest): GitHubReply {
    return this.setLabels(runner, [...custom(runner), ...wanted(call, 1)]);
  }

  /** Replaces the custom labels; the system labels of the registration stay. */
  private setLabels(runner: Runner, names: string[]): GitHubReply {
    const fixed = runner.labels.filter((label) => label.type === "read-only");
    const fresh = [...new Set(names)].filter((name) => !fixed.some((label) => label.name === name));
    runner.labels = [...fixed, ...fresh.map((name) => this.runners.label(name, "custom"))];
    return ok(labelsBody(runner));
  }

  private removeLabel(runner: Runner, name: string): GitHubReply {
    const label = runner.labels.find((candidate) => candidate.name === name);
    if (!label) throw new HttpError(404, "Not Found");
    if (label.type === "read-only") throw new HttpError(422, "Validation Failed");
    return this.setLabels(
      runner,
      custom(runner).filter((own) => own !== name),
    );
  }
}

function custom(runner: Runner): string[] {
  return runner.labels.filter((label) => label.type === "custom").map((label) => label.name);
}

function wanted(call: GitHubRequest, atLeast: number): string[] {
  const { labels } = call.body;
  const valid = Array.isArray(labels) && labels.every((label) => typeof label === "string" && label !== "");
  if (!valid || labels.length < atLeast || labels.length > 100) throw new HttpError(422, "Validation Failed");
  return labels as string[];
}
