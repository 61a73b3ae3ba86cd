import { RUNNER_RELEASE } from "../../contract/shared/runner-release";
import { type Violation, violation } from "./input-errors";
import type { RunnerSoftwareArgs } from "./runner-args";

const VERSION = /^\d+\.\d+\.\d+$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** What both Debian's and Red Hat's `useradd` accept. */
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;

/** Checks which runner is installed, and who runs its jobs. */
export function runnerSoftwareViolations(runner: RunnerSoftwareArgs & { user: string }): Violation[] {
  const found = runner.onImage ? onImageViolations(runner) : pinViolations(runner);
  if (!USER.test(runner.user) || runner.user === "root") {
    found.push(
      violation(
        "runner.user",
        runner.user,
        "not the name of an unprivileged user",
        "Use lower-case letters, digits, - and _, and not root",
      ),
    );
  }
  return found;
}

function onImageViolations(runner: RunnerSoftwareArgs): Violation[] {
  return (["version", "sha256", "archiveUrl"] as const)
    .filter((field) => runner[field] !== undefined)
    .map((field) =>
      violation(`runner.${field}`, runner[field], "nothing is downloaded when the runner is on the image", "Remove it or runner.onImage"),
    );
}

/**
 * An archive that is not pinned by its digest could run third-party code as root on every runner. Without a pin of one's
 * own, the package's applies: it has the digest for each architecture.
 */
function pinViolations({ version, sha256, archiveUrl }: RunnerSoftwareArgs): Violation[] {
  const found: Violation[] = [];
  if (version !== undefined && !VERSION.test(version)) {
    found.push(violation("runner.version", version, "not a release of the runner", `Use a version such as ${RUNNER_RELEASE.version}`));
  }
  if (version === undefined && sha256 !== undefined) {
    found.push(
      violation(
        "runner.version",
        version,
        "it is unknown which release has the digest in runner.sha256",
        `Set it as well, or remove runner.sha256 to install ${RUNNER_RELEASE.version}`,
      ),
    );
  }
  if (version !== undefined && sha256 === undefined) {
    found.push(
      violation(
        "runner.sha256",
        sha256,
        `runner ${version} cannot be verified without it`,
        "Copy it from the release notes for the instance's architecture, or remove runner.version to install " +
          `${RUNNER_RELEASE.version}, whose digests are known`,
      ),
    );
  }
  if (sha256 !== undefined && !SHA256.test(sha256)) {
    found.push(violation("runner.sha256", sha256, "not a SHA-256 digest", "Use 64 lower-case hex digits"));
  }
  // The package's pin moves with each upgrade, a mirror's archive does not: no instance could install the runner any more.
  if (archiveUrl !== undefined && version === undefined && sha256 === undefined) {
    found.push(violation("runner.archiveUrl", archiveUrl, "its release is not pinned", "Set runner.version and runner.sha256 as well"));
  }
  if (archiveUrl !== undefined && !(URL.canParse(archiveUrl) && archiveUrl.startsWith("https://") && !/[\s"'`$\\]/.test(archiveUrl))) {
    found.push(violation("runner.archiveUrl", archiveUrl, "not an https URL", "Use the full https URL of the archive"));
  }
  return found;
}
