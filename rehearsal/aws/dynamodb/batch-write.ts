import { AwsError, type Shape } from "../api";
import { check, type Checked } from "./engine";
import { validation } from "./errors";
import type { TableDescription } from "./tables";
import { type Write, type Writes, writtenKey } from "./writes";

interface Request {
  table: string;
  /** As the caller gave it, to be returned if it is not processed. */
  given: Shape;
  write: Write;
}

/**
 * BatchWriteItem: each write succeeds or fails on its own. What exceeds the capacity of its partition is returned as unprocessed; the
 * call is refused only if nothing was written.
 */
export async function batchWrite(writes: Writes, params: Shape, tableNamed: (name: string) => TableDescription): Promise<Shape> {
  const { RequestItems = {} } = check("batchWriteItem", params);
  const requests = Object.entries(RequestItems as Record<string, Shape[]>).flatMap(([table, given]) =>
    given.map((one): Request => ({ table, given: one, write: toWrite(one, tableNamed(table)) })),
  );
  refuseDuplicates(requests);
  const unprocessed: Record<string, Shape[]> = {};
  let refusal: AwsError | undefined;
  let written = 0;
  for (const { table, given, write } of requests) {
    try {
      await writes.apply(write);
      written++;
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "ProvisionedThroughputExceededException") throw error;
      refusal = error;
      (unprocessed[table] ??= []).push(given);
    }
  }
  if (refusal && written === 0) throw refusal;
  return { UnprocessedItems: unprocessed };
}

function toWrite({ PutRequest, DeleteRequest }: Shape, table: TableDescription): Write {
  const { TableName } = table;
  return PutRequest
    ? { kind: "putItem", data: { ...(PutRequest as Checked), TableName }, table, returnsItem: false }
    : { kind: "deleteItem", data: { ...(DeleteRequest as Checked), TableName }, table, returnsItem: false };
}

function refuseDuplicates(requests: readonly Request[]): void {
  const keys = new Set<string>();
  for (const { table, write } of requests) {
    const key = JSON.stringify([table, keyOf(write)]);
    if (keys.has(key)) throw validation("Provided list of item keys contains duplicates");
    keys.add(key);
  }
}

/** AWS words a missing or mistyped key alike for all writes of a batch. */
function keyOf(write: Write): [string, unknown][] {
  try {
    return Object.entries(writtenKey(write)).sort(([one], [other]) => (one < other ? -1 : 1));
  } catch (error) {
    if (error instanceof AwsError && /Missing the key|Type mismatch for key/.test(error.message)) {
      throw validation("The provided key element does not match the schema");
    }
    throw error;
  }
}
