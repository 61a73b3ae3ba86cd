import { PATHS } from "../../../contract/actions-runner-pool/host";
import { functionViolations } from "../../shared/function-rules";
import { certificateViolations } from "../../shared/certificates";
import { hostViolations } from "../../shared/host-rules";
import { type Violation, throwIfAny } from "../../shared/input-errors";
import { logRetentionViolations } from "../../shared/log-retention";
import { releaseViolations } from "../../shared/release-rule";
import type { PoolSettings } from "../settings";
import { capacityViolations } from "./capacity";
import { demandViolations } from "./demand";
import { drainViolations } from "./drain";
import { githubViolations } from "./github";
import { instanceViolations } from "./instances";
import { keyViolations } from "./keys";
import { nameViolations } from "./names";
import { runnerViolations } from "./runner";
import { tagViolations } from "./tags";
import { userDataViolations } from "./user-data";

/**
 * Checks everything that can be checked from the arguments alone, before any resource is registered. What must be looked
 * up in AWS (architecture, memory, image) is checked in `instance-facts.ts`, still before anything is created.
 *
 * @throws one error that lists every violation by field, value and remedy.
 */
export function validate(name: string, settings: PoolSettings): void {
  throwIfAny([...nameViolations(name, settings), ...argumentViolations(settings), ...demandViolations(name, settings)]);
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
    ...functionViolations(settings.functions, {
      apiUrl: settings.github.apiUrl,
      makesGroup: true,
      otherwise: "no runner would ever register",
    }),
    ...certificateViolations("github.caCertificates", settings.github.caCertificates),
    ...hostViolations(settings, { reserved: [PATHS.runner] }),
    ...keyViolations(settings),
    ...logRetentionViolations(settings.logRetentionDays),
    ...tagViolations(settings),
    ...releaseViolations(settings.release),
  ];
}
