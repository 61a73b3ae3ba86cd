import type { Architecture } from "./pin";
import { RefusedError } from "./refused-error";

/** What one source says about the digest of one archive. */
export interface Finding {
  /** As it is written into the pin's file: `the release's notes`. */
  source: string;
  /**
   * Who would have to be deceived, or to lie, for the digest to be wrong. Sources of the same party count once: notes and
   * asset digests come from one API, and anyone who may publish a release of the runner can change both.
   */
  party: string;
  /** Lower-case hex; undefined if the source has none. */
  sha256?: string;
  /** Why the source has none. */
  reason?: string;
}

/** Parties that must agree on a digest. */
const PARTIES = 2;

export interface Agreement {
  sha256: string;
  sources: string[];
  /** Sources without the digest, each with the reason. */
  missing: string[];
}

/**
 * The digest on which the sources agree.
 *
 * @throws RefusedError when two sources differ, or fewer than two parties have it
 */
export function agreedDigest(version: string, architecture: Architecture, findings: readonly Finding[]): Agreement {
  const found = findings.flatMap(({ source, party, sha256 }) => (sha256 === undefined ? [] : [{ source, party, sha256 }]));
  const what = `runner ${version}, linux-${architecture}`;
  const [first] = found;
  const differing = found.find(({ sha256 }) => sha256 !== first?.sha256);
  if (first && differing) {
    throw new RefusedError(
      `${what}: the sources differ: ${first.source} has ${first.sha256}, ${differing.source} has ${differing.sha256}; ` +
        "the archive or a source was changed: do not pin this release before you know which",
    );
  }
  const parties = new Set(found.map(({ party }) => party)).size;
  const missing = findings.flatMap(({ source, reason }) => (reason === undefined ? [] : [`${source}: ${reason}`]));
  if (!first || parties < PARTIES) {
    throw new RefusedError(
      `${what}: ${parties} of ${PARTIES} independent sources have a digest` +
        `${missing.length > 0 ? ` (${missing.join("; ")})` : ""}; allow the download, or name files that pin it with --pins`,
    );
  }
  return { sha256: first.sha256, sources: found.map(({ source }) => source), missing };
}
