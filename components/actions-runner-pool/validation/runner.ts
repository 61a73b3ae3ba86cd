import { type Violation, violation } from "../../shared/input-errors";
import { runnerSoftwareViolations } from "../../shared/runner-rules";
import type { PoolSettings } from "../settings";

/** No spaces, and no characters that a shell or systemd would interpret. */
const ABSOLUTE_PATH = /^(\/[A-Za-z0-9._@+-]+)+$/;

export function runnerViolations({ runner }: PoolSettings): Violation[] {
  const found = runnerSoftwareViolations(runner);
  for (const field of ["jobStartedHook", "jobCompletedHook"] as const) {
    const path = runner[field];
    if (path !== undefined && !(ABSOLUTE_PATH.test(path) && path.endsWith(".sh"))) {
      found.push(violation(`runner.${field}`, path, "not the absolute path of a shell script", "Use a path like /opt/hooks/started.sh"));
    }
  }
  return found;
}
