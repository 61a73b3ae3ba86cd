import { functionViolations } from "../../shared/function-rules";
import { certificateViolations } from "../../shared/certificates";
import { throwIfAny } from "../../shared/input-errors";
import { keyArnViolations } from "../../shared/key-rules";
import { logRetentionViolations } from "../../shared/log-retention";
import { releaseViolations } from "../../shared/release-rule";
import type { WorkflowJobsSettings } from "../settings";
import { githubViolations } from "./github";
import { nameViolations } from "./names";
import { tagViolations } from "./tags";
import { webhookViolations } from "./webhook";

/**
 * Checks everything that can be checked from the arguments alone, before any resource is registered. What only GitHub knows is
 * checked by the setup function, before anything but that function is created.
 *
 * @throws one error that lists every violation by field, value and remedy.
 */
export function validate(name: string, settings: WorkflowJobsSettings): void {
  const { github, kmsKeyArn } = settings;
  throwIfAny([
    ...nameViolations(name, settings),
    ...githubViolations(settings),
    ...webhookViolations(settings),
    ...functionViolations(settings.functions, { apiUrl: github.apiUrl, makesGroup: false, otherwise: "no job would ever be read" }),
    ...certificateViolations("github.caCertificates", github.caCertificates),
    ...keyArnViolations({ kmsKeyArn, "github.secretKmsKeyArn": github.secretKmsKeyArn }),
    ...logRetentionViolations(settings.logRetentionDays),
    ...tagViolations(settings),
    ...releaseViolations(settings.release),
  ]);
}
