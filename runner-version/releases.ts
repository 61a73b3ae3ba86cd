import type { Architecture } from "./pin";
import { RefusedError } from "./refused-error";

/** Reads a URL. Throws when there is no response. */
export type Fetch = (url: string, init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>;

/** A release of actions/runner, as GitHub's REST API describes it. */
export interface Release {
  version: string;
  notes: string;
  /** The digest that GitHub computed when the asset was uploaded, by the asset's name; absent for old assets. */
  assetDigests: ReadonlyMap<string, string>;
}

export const LATEST = "latest";
/** Milliseconds for an answer of the API. */
const API_MS = 30_000;
const SHA256 = /^[0-9a-f]{64}$/;
const TAG = /^v(\d+\.\d+\.\d+)$/;

/**
 * @param version `latest`, or a version: `2.338.0`.
 * @param token raises GitHub's limit of 60 calls an hour; sent to `api` and nowhere else.
 * @throws RefusedError when there is no such release, or GitHub does not answer
 */
export async function readRelease(api: string, version: string, fetch: Fetch, token: string | undefined): Promise<Release> {
  const url = `${api}/repos/actions/runner/releases/${version === LATEST ? LATEST : `tags/v${version}`}`;
  const headers = {
    accept: "application/vnd.github+json",
    "user-agent": "ci-runners",
    "x-github-api-version": "2022-11-28",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let data: unknown;
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(API_MS) });
    if (response.status === 404) throw new RefusedError(`--version ${version}: actions/runner has no such release; see ${RELEASES}`);
    if (!response.ok)
      throw new RefusedError(`${url}: status ${response.status}; try again later, or set GITHUB_TOKEN if it is the rate limit`);
    data = await response.json();
  } catch (error) {
    throw error instanceof RefusedError ? error : new RefusedError(`${url}: ${causeOf(error)}; check the network`);
  }
  const release = toRelease(data, url);
  if (version !== LATEST && release.version !== version) throw new RefusedError(`${url}: describes ${release.version}; try again later`);
  return release;
}

const RELEASES = "https://github.com/actions/runner/releases";

/** The digest in the notes, which the release's workflow writes between two marks; undefined if there is none. */
export function digestInNotes(notes: string, architecture: Architecture): string | undefined {
  const [begin, end] = ["BEGIN", "END"].map((mark) => `<!-- ${mark} SHA linux-${architecture} -->`);
  const parts = notes.split(begin!);
  const text = parts.length === 2 ? parts[1]!.split(end!)[0]!.trim().toLowerCase() : "";
  return SHA256.test(text) ? text : undefined;
}

export function assetName(version: string, architecture: Architecture): string {
  return `actions-runner-linux-${architecture}-${version}.tar.gz`;
}

function toRelease(data: unknown, url: string): Release {
  const { tag_name: tag, body, assets, draft } = (data ?? {}) as Record<string, unknown>;
  const version = TAG.exec(String(tag))?.[1];
  if (version === undefined || !Array.isArray(assets) || draft === true) {
    throw new RefusedError(`${url}: not a published release of the runner, but ${JSON.stringify(tag)}; try again later`);
  }
  const digests = assets.flatMap(({ name, digest }: Record<string, unknown>): [string, string][] => {
    const [, sha256 = ""] = /^sha256:([0-9a-f]{64})$/i.exec(String(digest)) ?? [];
    return sha256 === "" ? [] : [[String(name), sha256.toLowerCase()]];
  });
  return { version, notes: typeof body === "string" ? body : "", assetDigests: new Map(digests) };
}

/** Node's `fetch failed` has the reason in its cause. */
export function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return [message, cause?.message].filter(Boolean).join(": ").replace(/\s+/g, " ");
}
