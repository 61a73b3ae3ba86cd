import { AwsError } from "../api";
import type { Item } from "./values";

export function validation(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

export function tableNotFound(): AwsError {
  return new AwsError("ResourceNotFoundException", "Requested resource not found");
}

/** `item` only if the caller asked for it by ReturnValuesOnConditionCheckFailure. */
export function conditionFailed(item?: Item): AwsError {
  return new AwsError("ConditionalCheckFailedException", "The conditional request failed", 400, item ? { Item: item } : {});
}

/** One partition of a table or an index has used up what it may write in a second. */
export function throttled(arn: string): AwsError {
  const reason = `${arn.includes("/index/") ? "Index" : "Table"}WriteKeyRangeThroughputExceeded`;
  return new AwsError(
    "ProvisionedThroughputExceededException",
    "The level of configured provisioned throughput for the table was exceeded. " +
      "Consider increasing your provisioning level with the UpdateTable API.",
    400,
    { ThrottlingReasons: [{ reason, resource: arn }] },
  );
}

export interface CancellationReason {
  Code: string;
  Message?: string;
  Item?: Item;
}

export function transactionCancelled(reasons: readonly CancellationReason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new AwsError("TransactionCanceledException", message, 400, { CancellationReasons: reasons });
}

/** The code that a cancelled transaction gives for one of its items, by the error that the item alone would have got. */
const REASON_CODES: Record<string, string> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  ProvisionedThroughputExceededException: "ProvisionedThroughputExceeded",
  ValidationException: "ValidationError",
};

/** Undefined if the error fails the request as a whole. */
export function reasonOf(error: unknown): CancellationReason | undefined {
  const code = error instanceof AwsError ? REASON_CODES[error.code] : undefined;
  if (code === undefined) return undefined;
  const { message, members } = error as AwsError;
  const item = members["Item"] as Item | undefined;
  return { Code: code, Message: message, ...(item ? { Item: item } : {}) };
}
