import type { ActionsRunnerPoolArgs } from "../../../components";

export const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:github-app-AbCdEf";

/** Project and stack of the program that the tests deploy. */
export const PROGRAM = { project: "ci-runners", stack: "test" };

/** Minimal arguments of a valid pool, with the changes that a test needs. */
export function poolArgs(changes: Partial<ActionsRunnerPoolArgs> = {}): ActionsRunnerPoolArgs {
  return {
    github: { organization: "example-org", app: { id: "100001", privateKeySecretArn: SECRET_ARN } },
    runner: { version: "2.350.0", sha256: "7".repeat(64) },
    instanceType: "m7i.large",
    maxSize: 4,
    subnetIds: ["subnet-0a", "subnet-0b"],
    ...changes,
  };
}
