import { PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { functionViolations } from "../../shared/function-rules";
import { certificateViolations } from "../../shared/certificates";
import { hostViolations } from "../../shared/host-rules";
import { type Violation, throwIfAny } from "../../shared/input-errors";
import { keyArnViolations } from "../../shared/key-rules";
import { logRetentionViolations } from "../../shared/log-retention";
import { releaseViolations } from "../../shared/release-rule";
import { runnerSoftwareViolations } from "../../shared/runner-rules";
import { hostSettings } from "../host-settings";
import type { PersistentRunnerSettings } from "../settings";
import { accessViolations } from "./access";
import { cacheViolations } from "./cache";
import { githubViolations } from "./github";
import { machineViolations } from "./machine";
import { nameViolations } from "./names";
import { subjectViolations } from "./subjects";
import { tagViolations } from "./tags";
import { timeViolations } from "./times";
import { userDataViolations } from "./user-data";
import { workflowViolations } from "./workflow";

/**
 * Checks everything that can be checked from the arguments alone, before any resource is registered. What must be looked up in AWS
 * (architecture, image) is checked in `machine-facts.ts`, still before anything is created.
 *
 * @throws one error that lists every violation by field, value and remedy.
 */
export function validate(name: string, settings: PersistentRunnerSettings): void {
  const access = [...subjectViolations(settings), ...accessViolations(settings), ...githubViolations(settings)];
  throwIfAny([
    ...nameViolations(name, settings),
    ...access,
    ...machineViolations(settings),
    ...hostRules(settings),
    ...functionViolations(settings.functions, {
      apiUrl: settings.github.apiUrl,
      makesGroup: false,
      otherwise: "the machine would never register",
    }),
    // They are compared with the subjects and the times.
    ...(access.length > 0 ? [] : workflowViolations(settings)),
    ...tagViolations(settings),
    ...releaseViolations(settings.release),
  ]);
  // Only valid arguments can be rendered, so the size of the user data is checked last.
  throwIfAny(userDataViolations(settings));
}

function hostRules(settings: PersistentRunnerSettings): Violation[] {
  const { github, kmsKeyArn, cacheVolume } = settings;
  const keys = { kmsKeyArn, "github.secretKmsKeyArn": github.secretKmsKeyArn, "cacheVolume.kmsKeyArn": cacheVolume?.kmsKeyArn };
  return [
    ...timeViolations(settings),
    ...cacheViolations(settings),
    ...runnerSoftwareViolations(settings.runner),
    // Without a timeout of the setup: it has what the first boot leaves.
    ...hostViolations({ ...hostSettings(settings), setupTimeout: undefined }, { reserved: [PERSISTENT_PATHS.runner] }),
    ...certificateViolations("github.caCertificates", github.caCertificates),
    ...keyArnViolations(keys),
    ...logRetentionViolations(settings.logRetentionDays),
  ];
}
