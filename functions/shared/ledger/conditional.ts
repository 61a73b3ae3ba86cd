import { isAwsError } from "../aws/error";

/** `refused`: DynamoDB answered that the condition of a write does not hold. */
export async function conditional(write: () => Promise<unknown>): Promise<"applied" | "refused"> {
  try {
    await write();
    return "applied";
  } catch (error) {
    if (isAwsError(error, "ConditionalCheckFailedException")) return "refused";
    throw error;
  }
}
