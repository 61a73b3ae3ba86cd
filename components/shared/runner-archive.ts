import { RUNNER_RELEASE } from "../../contract/shared/runner-release";
import type { RunnerSoftwareArgs } from "./runner-args";

/** GitHub's names for the architectures, in its labels and in the names of the runner's archives. */
export type RunnerArchitecture = keyof typeof RUNNER_RELEASE.sha256;

type RunnerSettings = Pick<RunnerSoftwareArgs, "onImage" | "version" | "sha256" | "archiveUrl">;

/** The release that instances install, and with which they register; undefined if their image contains the runner. */
export function installedVersion({ onImage, version }: RunnerSettings): string | undefined {
  return onImage ? undefined : (version ?? RUNNER_RELEASE.version);
}

/** What instances download, from validated settings; undefined if their image contains the runner. */
export function runnerArchive(runner: RunnerSettings, architecture: RunnerArchitecture): { url: string; sha256: string } | undefined {
  const version = installedVersion(runner);
  if (version === undefined) return undefined;
  // A release of one's own comes with its digest, and a digest of one's own with its release.
  const sha256 = runner.version === undefined ? RUNNER_RELEASE.sha256[architecture] : runner.sha256;
  if (sha256 === undefined) throw new Error("runner.sha256 was not validated");
  return { url: runner.archiveUrl ?? defaultArchiveUrl(version, architecture), sha256 };
}

/** Default of `runner.archiveUrl`: where GitHub publishes the archive. */
export function defaultArchiveUrl(version: string, architecture: "x64" | "arm64"): string {
  return `https://github.com/actions/runner/releases/download/v${version}/actions-runner-linux-${architecture}-${version}.tar.gz`;
}
