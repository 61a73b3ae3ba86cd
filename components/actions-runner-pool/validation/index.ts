import { FOLLOWS_MAIN, isRelease } from "../../../contract/shared/release";
import { certificateViolations } from "../../shared/certificates";
import { type Violation, throwIfAny, violation } from "../../shared/input-errors";
import { logRetentionViolations } from "../../shared/log-retention";
import type { PoolSettings } from "../settings";
import { capacityViolations } from "./capacity";
import { drainViolations } from "./drain";
import { functionViolations } from "./functions";
import { githubViolations } from "./github";
import { instanceViolations } from "./instances";
import { keyViolations } from "./keys";
import { nameViolations } from "./names";
import { runnerViolations } from "./runner";
import { plainTagViolations } from "./tags";
import { userDataViolations } from "./user-data";

/**
 * Checks everything that can be checked from the arguments alone, before any resource is registered. What must be looked
 * up in AWS (architecture, memory, image) is checked in `instance-facts.ts`, still before anything is created.
 *
 * @throws one error that lists every violation by field, value and remedy.
 */
export function validate(name: string, settings: PoolSettings): void {
  throwIfAny([...nameViolations(name, settings), ...argumentViolations(settings)]);
  // Only valid arguments can be rendered, so the size of the user data is checked last.
  throwIfAny(userDataViolations(settings));
}

function argumentViolations(settings: PoolSettings): Violation[] {
  return [
    ...githubViolations(settings),
    ...runnerViolations(settings),
    ...instanceViolations(settings),
    ...capacityViolations(settings),
    ...drainViolations(settings),
    ...functionViolations(settings),
    ...certificateViolations("github.caCertificates", settings.github.caCertificates),
    ...keyViolations(settings),
    ...logRetentionViolations(settings.logRetentionDays),
    ...plainTagViolations(settings),
    ...releaseViolations(settings),
  ];
}

function releaseViolations({ release }: PoolSettings): Violation[] {
  if (isRelease(release)) return [];
  return [violation("release", release, "neither a release nor main", `Use a release such as v1.2.3, or ${FOLLOWS_MAIN}`)];
}
