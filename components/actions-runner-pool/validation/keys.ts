import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

const KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+$/;

/**
 * IAM compares the resource of a KMS call with the ARN of the key: a permission on an alias, or on an id, matches nothing,
 * and every launch would then fail. `rootVolumeKmsKeyId` is in no policy, so it may be an id or an alias.
 */
export function keyViolations({ kmsKeyArn, github }: PoolSettings): Violation[] {
  return Object.entries({ kmsKeyArn, "github.secretKmsKeyArn": github.secretKmsKeyArn })
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
