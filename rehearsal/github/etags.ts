import { createHash } from "node:crypto";
import type { GitHubReply, GitHubRequest } from "./http";

/**
 * The ETag of a reply. It depends on the caller's token: with a new one, GitHub answers in full although nothing has changed
 * (eclipse-csi/otterdog#201, github/docs#34689). A page's ETag says nothing of the other pages.
 */
export function etagOf({ authorization }: GitHubRequest, { body }: GitHubReply): string {
  return `W/"${createHash("sha256")
    .update(authorization.replace(/^\S+\s+/, ""))
    .update("\n")
    .update(JSON.stringify(body))
    .digest("hex")}"`;
}

/** Whether the caller has this reply already. */
export function isKnown({ ifNoneMatch }: GitHubRequest, etag: () => string): boolean {
  if (ifNoneMatch === "") return false;
  const current = etag().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((known) => known.trim().replace(/^W\//, "") === current);
}
