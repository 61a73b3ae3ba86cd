import type { Violation } from "../../shared/input-errors";
import { keyArnViolations } from "../../shared/key-rules";
import type { PoolSettings } from "../settings";

/** `rootVolumeKmsKeyId` is in no policy, so it may be an id or an alias. */
export function keyViolations({ kmsKeyArn, github }: PoolSettings): Violation[] {
  return keyArnViolations({ kmsKeyArn, "github.secretKmsKeyArn": github.secretKmsKeyArn });
}
