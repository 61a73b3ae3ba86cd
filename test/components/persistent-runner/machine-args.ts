import type { PersistentRunnerArgs } from "../../../components";
import { resolveSettings } from "../../../components/persistent-runner/settings";

const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:github-app-AbCdEf";
export const PROVIDER_ARN = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
export const ACTIONS_REF = "0123456789abcdef0123456789abcdef01234567";
const PROGRAM = { project: "ci-runners", stack: "test" };

/** Minimal arguments of a valid persistent runner, with the changes that a test needs. */
export function machineArgs(changes: Partial<PersistentRunnerArgs> = {}): PersistentRunnerArgs {
  return {
    github: { organization: "example-org", app: { id: "100001", privateKeySecretArn: SECRET_ARN } },
    subjects: ["repo:example-org/app:ref:refs/heads/main"],
    oidcProviderArn: PROVIDER_ARN,
    actions: { repository: "example-org/ci-runners", ref: ACTIONS_REF },
    instanceType: "m7i.large",
    subnetId: "subnet-0a1b2c3d4e5f60001",
    ...changes,
  };
}

export const machineSettings = (changes: Partial<PersistentRunnerArgs> = {}) =>
  resolveSettings("machine", machineArgs({ persistentRunnerName: "e2e", ...changes }), PROGRAM);
