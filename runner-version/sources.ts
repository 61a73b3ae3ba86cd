import { createHash } from "node:crypto";
import type { Finding } from "./evidence";
import type { Architecture } from "./pin";
import { type Fetch, type Release, assetName, causeOf, digestInNotes } from "./releases";

/** Milliseconds for an archive: about 200 MB. */
const DOWNLOAD_MS = 15 * 60_000;
/** Milliseconds for a file that pins a digest. */
const FILE_MS = 30_000;
/** Bytes of such a file that are read: it is source code or configuration. */
const FILE_BYTES = 1 << 20;

/** Party of everything that actions/runner publishes. */
const RELEASE = "owner actions";

/**
 * What the release says about itself. Both are answers of one API. The notes have what the release's workflow computed
 * after the build; the asset's digest is what GitHub's storage computed when it received the file, and cannot be edited.
 * Anyone who may publish releases of actions/runner can replace both.
 */
export function publishedDigests(release: Release, architecture: Architecture): Finding[] {
  const party = RELEASE;
  const name = assetName(release.version, architecture);
  return [
    finding(
      "the release's notes",
      party,
      digestInNotes(release.notes, architecture),
      `no digest between the marks for linux-${architecture}`,
    ),
    finding("GitHub's digest of the asset", party, release.assetDigests.get(name), `no digest of ${name}`),
  ];
}

/**
 * The digest of the bytes that instances would download. Proves that the download works and that its content is what the
 * release says, not who built it.
 */
export async function downloadedDigest(url: string, fetch: Fetch): Promise<Finding> {
  const of = (sha256?: string, reason?: string): Finding => finding("the downloaded archive", "the download's bytes", sha256, reason);
  try {
    const response = await fetch(url, { headers: { "user-agent": "ci-runners" }, signal: AbortSignal.timeout(DOWNLOAD_MS) });
    if (!response.ok || !response.body) return of(undefined, `status ${response.status} from ${url}`);
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of response.body) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const expected = response.headers.get("content-length");
    if (bytes === 0 || (expected !== null && Number(expected) !== bytes)) return of(undefined, `${bytes} of ${expected} bytes from ${url}`);
    return of(hash.digest("hex"));
  } catch (error) {
    return of(undefined, `${causeOf(error)} from ${url}`);
  }
}

/**
 * What someone else has pinned, at another time and from another place. Proves that the archive was not replaced since,
 * nor served to us alone. The digest counts if the file names the version and the digest of exactly this archive, which
 * some other source must have found, because a file says in no common form which digest is which.
 */
export async function pinnedElsewhere(url: string, version: string, candidates: readonly string[], fetch: Fetch): Promise<Finding> {
  const of = (sha256?: string, reason?: string): Finding => finding(`a pin in ${url}`, ownerOf(url), sha256, reason);
  try {
    const response = await fetch(url, { headers: { "user-agent": "ci-runners" }, signal: AbortSignal.timeout(FILE_MS) });
    if (!response.ok) return of(undefined, `status ${response.status}`);
    const text = (await response.text()).slice(0, FILE_BYTES).toLowerCase();
    if (!new RegExp(`(?<![\\d.])${version.replaceAll(".", "\\.")}(?![\\d.]*\\d)`).test(text))
      return of(undefined, `does not name ${version}`);
    const found = candidates.find((sha256) => text.includes(sha256));
    return found === undefined ? of(undefined, "does not have the digest that the release has") : of(found);
  } catch (error) {
    return of(undefined, causeOf(error));
  }
}

/** Who may change the file: the owner of a repository at GitHub, or a host. */
function ownerOf(url: string): string {
  const { host, pathname } = new URL(url);
  const isGitHub = host === "raw.githubusercontent.com" || host === "github.com";
  return isGitHub ? `owner ${pathname.split("/")[1]?.toLowerCase()}` : `host ${host}`;
}

function finding(source: string, party: string, sha256: string | undefined, reason?: string): Finding {
  return sha256 === undefined ? { source, party, reason: reason ?? "no digest" } : { source, party, sha256 };
}
