import { createReadStream, statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { type GitHubRequest, HttpError, send } from "./http";
import type { GitHubOptions } from "./github-options";

const DOWNLOAD =
  /^\/actions\/runner\/releases\/download\/v(?<version>\d+\.\d+\.\d+)\/actions-runner-linux-(?:x64|arm64)-\k<version>\.tar\.gz$/;
const ASSET = /^\/github-production-release-asset\/actions-runner\.tar\.gz$/;

/** Serves the runner's archive for any version. Returns false when the path is not a download. */
export function serveRelease(call: GitHubRequest, res: ServerResponse, options: GitHubOptions): boolean {
  const isAsset = ASSET.test(call.path);
  if (call.method !== "GET" || (!DOWNLOAD.test(call.path) && !isAsset)) return false;
  const file = options.releaseFile;
  if (!file) throw new HttpError(404, "Not Found");
  // GitHub keeps release files on another host: a client that does not follow redirects gets no file.
  if (!isAsset && options.assetHost !== "" && call.host === options.host) {
    const location = `https://${options.assetHost}/github-production-release-asset/actions-runner.tar.gz`;
    send(res, { status: 302, headers: { location } });
    return true;
  }
  res.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(statSync(file).size) });
  createReadStream(file)
    .on("error", () => res.destroy())
    .pipe(res);
  return true;
}
