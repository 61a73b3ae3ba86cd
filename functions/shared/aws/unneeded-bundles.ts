/** Which of the objects that hosts install are needed no more. Pure. */
import type { StoredBundle } from "./stored-bundles";

/** Objects of one kind that are in use. */
export interface Deployed {
  /** Key of the one that is deployed; undefined: there is none. */
  deployed?: string;
  /** Of the one before it. */
  previous?: string;
}

/** Each deployment needs one, and several may share one, so the last ten deployments need at most ten. */
const KEPT_UPLOADS = 10;
/** In ms. Those of deployments that failed count as uploads, too, but not for so long that they push out one in use. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** One call each, of about 50 ms; `pulumi up` waits for them. */
const MAX_DELETIONS = 100;

/**
 * Neither what is in use, nor the last ten, nor what is younger than 30 days.
 *
 * @param stored of one kind
 * @param now milliseconds since the epoch.
 */
export function unneeded(stored: readonly StoredBundle[], { deployed, previous }: Deployed, now: number): StoredBundle[] {
  // Without it this is not the bucket that is needed.
  if (deployed !== undefined && !stored.some(({ key }) => key === deployed))
    throw new Error(`the bucket does not hold the deployed object ${deployed}`);
  const newestFirst = [...stored].sort((one, other) => other.uploadedAt.getTime() - one.uploadedAt.getTime());
  return newestFirst
    .slice(KEPT_UPLOADS)
    .filter(({ key, uploadedAt }) => key !== deployed && key !== previous && now - uploadedAt.getTime() > KEPT_MS)
    .slice(-MAX_DELETIONS);
}
