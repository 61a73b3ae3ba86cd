import type { GitHubReply, GitHubRequest } from "./http";
import type { RequestIdToken } from "./workflows/hosted";

type Send = (request: GitHubRequest) => Promise<GitHubReply>;

/** GET requests for parts of this process that have no socket to GitHub. */
async function get(send: Send, url: string, authorization = ""): Promise<GitHubReply> {
  const { hostname, pathname, searchParams, origin } = new URL(url);
  const { signal } = new AbortController();
  const address = { method: "GET", host: hostname, path: pathname, query: searchParams, origin };
  return send({ ...address, authorization, apiVersion: "", ifNoneMatch: "", body: {}, signal });
}

/** A token at the address that a job has for it, for jobs whose steps are functions of this process. */
export function idTokenRequests(send: Send): RequestIdToken {
  return async (url, bearer) => {
    const { status, body } = await get(send, url, `Bearer ${bearer}`);
    if (status !== 200) throw new Error(`Failed to get ID Token. HTTP ${status}`);
    return (body as { value: string }).value;
  };
}

/** A public document of GitHub's, as services read it. Rejects unless it is served. */
export async function documentAt(send: Send, url: string): Promise<unknown> {
  const { status, body } = await get(send, url);
  if (status !== 200) throw new Error(`GET ${url}: HTTP ${status}`);
  return body;
}
