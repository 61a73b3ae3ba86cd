import { type Violation, violation } from "../../shared/input-errors";
import { ControlMode, RegistrationMode } from "../args/modes";
import type { PersistentRunnerSettings } from "../settings";

const PROVIDER_ARN = /^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider\/.+$/;
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Checks how workflows reach the machine. */
export function accessViolations(settings: PersistentRunnerSettings): Violation[] {
  return [...providerViolations(settings), ...actionViolations(settings), ...modeViolations(settings)];
}

function providerViolations({ oidcProviderArn, createOidcProvider }: PersistentRunnerSettings): Violation[] {
  if (typeof createOidcProvider !== "boolean") {
    return [violation("createOidcProvider", createOidcProvider, "not a boolean", "Use true or false, without quotes")];
  }
  if (createOidcProvider && oidcProviderArn !== undefined) {
    const problem = "oidcProviderArn is given, and an account has one provider of an issuer";
    return [violation("createOidcProvider", true, problem, "Remove one of the two")];
  }
  if (!createOidcProvider && oidcProviderArn === undefined) {
    const remedy = "Set the ARN of the account's provider, or createOidcProvider if it has none";
    return [violation("oidcProviderArn", undefined, "no workflow could assume the role", remedy)];
  }
  if (typeof oidcProviderArn !== "string" || PROVIDER_ARN.test(oidcProviderArn)) return [];
  const remedy = "Use the ARN of the account's provider of GitHub, which ends in :oidc-provider/token.actions.githubusercontent.com";
  return [violation("oidcProviderArn", oidcProviderArn, "not the ARN of an OIDC provider", remedy)];
}

/** A program in JavaScript, or a stack's configuration, may omit it all the same. */
function actionViolations({ actions }: { actions?: Partial<PersistentRunnerSettings["actions"]> }): Violation[] {
  const found: Violation[] = [];
  const { repository, ref } = actions ?? {};
  if (typeof repository !== "string" || !REPOSITORY.test(repository)) {
    found.push(violation("actions.repository", repository, "not the name of a repository", "Write it as owner/name"));
  }
  if (typeof ref !== "string" || !COMMIT.test(ref)) {
    const problem = "not a commit, and whoever moves a branch or a tag would get the role of your workflows";
    found.push(violation("actions.ref", ref, problem, "Use the 40 hex digits of a commit"));
  }
  return found;
}

function modeViolations({ control, registration, fallbackInstanceTypes }: PersistentRunnerSettings): Violation[] {
  const found: Violation[] = [];
  if (!Object.values(ControlMode).includes(control))
    found.push(violation("control", control, "not a way of control", "Use function or direct"));
  if (!Object.values(RegistrationMode).includes(registration)) {
    found.push(violation("registration", registration, "not a way of registration", "Use jit or service"));
  }
  if (control === ControlMode.Direct && registration === RegistrationMode.Service) {
    const problem = "control is direct, so that workflows register the machine for each start";
    found.push(violation("registration", registration, problem, "Use jit, or control function"));
  }
  if (control === ControlMode.Direct && fallbackInstanceTypes.length > 0) {
    const problem = "only the control function may change the machine's type, and control is direct";
    found.push(violation("fallbackInstanceTypes", fallbackInstanceTypes, problem, "Remove them, or use control function"));
  }
  return found;
}
