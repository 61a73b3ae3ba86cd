import type { App, Caller } from "./github-credentials";
import { type GitHubReply, type GitHubRequest, HttpError } from "./http";

/** What every route of the REST API shares: paths, pages and the parts of a call. */

export type Act = (call: GitHubRequest, match: Record<string, string>, caller: Caller) => GitHubReply;

export interface Route {
  method: string;
  /** As spelled in GitHub's OpenAPI description; `{scope}` is an organization or a repository. */
  template: string;
  path: RegExp;
  act: Act;
}

/** A page has 30 items by default. */
const DEFAULT_PAGE = 30;

/** Patterns of the placeholders in a route's template; `scope` is an organization or a repository. */
const PARTS: Record<string, string> = {
  scope: "(?:orgs/(?<org>[^/]+)|repos/(?<repo>[^/]+/[^/]+))",
  installation_id: "(?<installation_id>\\d+)",
  runner_id: "(?<runner_id>\\d+)",
  name: "(?<name>[^/]+)",
  owner: "(?<owner>[^/]+)",
  repo: "(?<repository>[^/]+)",
  org: "(?<org>[^/]+)",
  ruleset_id: "(?<ruleset_id>\\d+)",
  branch: "(?<branch>[^/]+)",
  version: "(?<version>[^/]+)",
  environment_name: "(?<environment_name>[^/]+)",
  hook_id: "(?<hook_id>\\d+)",
  delivery_id: "(?<delivery_id>\\d+)",
  run_id: "(?<run_id>\\d+)",
  job_id: "(?<job_id>\\d+)",
  runner_group_id: "(?<runner_group_id>\\d+)",
};

export function at(method: string, template: string, act: Act): Route {
  const path = template.replace(/\{(\w+)\}/g, (_, part: string) => PARTS[part]!);
  return { method, template, path: new RegExp(`^${path}$`), act };
}

export function ok(body: unknown, status = 200): GitHubReply {
  return { status, body };
}

/** The App that calls. Throws HttpError 401 for a token. */
export function asApp(caller: Caller): App {
  if (caller.kind !== "app") throw new HttpError(401, "A JSON web token could not be decoded");
  return caller.app;
}

export function scopeOf(match: Record<string, string>): string {
  return decodeURIComponent(match.org ?? match.repo ?? "");
}

/** `OWNER/REPO` of a route that exists for repositories only. */
export function repositoryOf(match: Record<string, string>): string {
  return `${decodeURIComponent(match.owner ?? "")}/${decodeURIComponent(match.repository ?? "")}`;
}

export function paged<T>(call: GitHubRequest, all: readonly T[], largest: number): { items: T[]; headers: Record<string, string> } {
  const size = pageSize(call, largest);
  const page = Math.max(1, Number(call.query.get("page") ?? 1) || 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const to = (number: number, rel: string) => link(call, "page", String(number), rel);
  const links = [
    ...(page > 1 ? [to(page - 1, "prev")] : []),
    ...(page < last ? [to(page + 1, "next"), to(last, "last")] : []),
    ...(page > 1 ? [to(1, "first")] : []),
  ];
  const headers: Record<string, string> = links.length > 0 ? { link: links.join(", ") } : {};
  return { items: all.slice((page - 1) * size, page * size), headers };
}

/** Pages by a cursor, which stays valid while newer items are added. @param idOf what the cursor names: the first item of the page */
export function byCursor<T>(call: GitHubRequest, all: readonly T[], largest: number, idOf: (item: T) => string) {
  const size = pageSize(call, largest);
  const cursor = call.query.get("cursor");
  const start = cursor === null ? 0 : all.findIndex((item) => `v1_${idOf(item)}` === cursor);
  if (start === -1) throw new HttpError(422, "Invalid cursor");
  const next = all[start + size];
  const headers: Record<string, string> = next ? { link: link(call, "cursor", `v1_${idOf(next)}`, "next") } : {};
  return { items: all.slice(start, start + size), headers };
}

function pageSize(call: GitHubRequest, largest: number): number {
  return Math.min(largest, Math.max(1, Number(call.query.get("per_page") ?? DEFAULT_PAGE) || DEFAULT_PAGE));
}

function link(call: GitHubRequest, name: string, value: string, rel: string): string {
  const query = new URLSearchParams(call.query);
  query.set(name, value);
  return `<${call.origin}${call.path}?${query.toString()}>; rel="${rel}"`;
}
