import { AwsError, type Shape } from "../api";

/** By which a caller asks whether it may: EC2 answers with an error in any case, and does nothing. Comes after the authorisation. */
export function dryRunReply(operation: string, { DryRun }: Shape): AwsError | undefined {
  if (DryRun !== true || operation.startsWith("Describe")) return undefined;
  return new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
}
