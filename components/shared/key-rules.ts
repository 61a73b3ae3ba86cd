import { type Violation, violation } from "./input-errors";

const KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+$/;

/**
 * IAM compares the resource of a KMS call with the ARN of the key: a permission on an alias, or on an id, matches nothing, and each
 * use of the key would then fail.
 *
 * @param keys by the path of their argument; one that is absent or still an output is not checked.
 */
export function keyArnViolations(keys: Record<string, unknown>): Violation[] {
  return Object.entries(keys)
    .filter(([, arn]) => typeof arn === "string" && !KEY_ARN.test(arn))
    .map(([field, arn]) =>
      violation(
        field,
        arn,
        "not the ARN of a KMS key",
        "Use an ARN such as arn:PARTITION:kms:REGION:ACCOUNT:key/ID, also for a key with an alias",
      ),
    );
}
