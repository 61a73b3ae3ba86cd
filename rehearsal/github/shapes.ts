import type { App, Installation } from "./github-credentials";
import type { Runner } from "./runners";

/** Reply bodies of the REST routes, in the shape of GitHub's OpenAPI description. */

/** No route depends on the creation time of an App or a repository. */
export const CREATED = "2024-01-01T00:00:00Z";

export function runnerBody(runner: Runner, busy: boolean): Record<string, unknown> {
  return {
    id: runner.id,
    name: runner.name,
    os: runner.os,
    status: runner.online ? "online" : "offline",
    busy,
    labels: runner.labels,
    runner_group_id: runner.group.id,
    ephemeral: runner.ephemeral,
    version: runner.version,
  };
}

export function labelsBody(runner: Runner): Record<string, unknown> {
  return { total_count: runner.labels.length, labels: runner.labels };
}

export function appBody(app: App, api: string): Record<string, unknown> {
  return {
    id: app.id,
    slug: app.slug,
    node_id: `A_${app.id}`,
    client_id: `Iv1.${app.id}`,
    owner: account("octocat", "User", api),
    name: app.slug,
    description: null,
    external_url: "https://example.com",
    html_url: `https://github.com/apps/${app.slug}`,
    created_at: CREATED,
    updated_at: CREATED,
    permissions: app.permissions ?? app.installations[0]?.permissions ?? {},
    events: app.events ?? [],
    installations_count: app.installations.length,
  };
}

/** GitHub's timestamps have a resolution of one second. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

export function installationBody(app: App, installation: Installation, api: string): Record<string, unknown> {
  return {
    id: installation.id,
    account: account(installation.account, installation.accountType, api),
    repository_selection: installation.repositories ? "selected" : "all",
    access_tokens_url: `${api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${api}/installation/repositories`,
    html_url: `https://github.com/organizations/${installation.account}/settings/installations/${installation.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: installation.id,
    target_type: installation.accountType,
    permissions: installation.permissions,
    events: app.events ?? [],
    created_at: CREATED,
    updated_at: CREATED,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  };
}

export function account(login: string, type: "Organization" | "User", api: string): Record<string, unknown> {
  const url = `${api}/users/${login}`;
  return {
    login,
    id: 1,
    node_id: "U_1",
    avatar_url: "https://avatars.githubusercontent.com/u/1",
    gravatar_id: "",
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

/** Only `core` is used; the OpenAPI description also requires `search`. */
export function rateLimitBody(core: object): object {
  const search = { limit: 30, used: 0, remaining: 30, reset: 0 };
  return { resources: { core, search }, rate: core };
}
