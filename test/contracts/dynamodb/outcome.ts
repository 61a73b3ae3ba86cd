import * as sdk from "@aws-sdk/client-dynamodb";
import type { Call } from "./requests";

type Outcome = { result: unknown } | { error: string };
type Send = (call: Call) => Promise<Outcome>;

/** Sends calls by the real SDK client. What comes back is the result or the error, in a form that two DynamoDBs can be compared by. */
export function sender(
  endpoint: string,
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
  region: string,
): Send & { close(): void } {
  const client = new sdk.DynamoDBClient({ region, endpoint, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
  const send: Send = async ({ operation, input }) => {
    const Command = (sdk as unknown as Record<string, new (input: object) => any>)[`${operation}Command`]!;
    try {
      const { $metadata: _of, ...result } = (await client.send(new Command(structuredClone(input)))) as unknown as Record<string, unknown>;
      return { result: comparable(operation, result) };
    } catch (error) {
      const { name, Item, CancellationReasons } = error as Error & {
        Item?: unknown;
        CancellationReasons?: { Code?: string; Item?: unknown }[];
      };
      // The texts of validations differ between DynamoDBs; their names and all that a program can act on do not.
      return {
        error: name,
        ...(Item === undefined ? {} : { Item: sorted(Item) }),
        ...(CancellationReasons ? { reasons: CancellationReasons.map(({ Code, Item }) => [Code, sorted(Item)]) } : {}),
      };
    }
  };
  return Object.assign(send, { close: () => client.destroy() });
}

function comparable(operation: string, result: Record<string, unknown>): unknown {
  const {
    Items,
    UnprocessedItems,
    ItemCollectionMetrics: _metrics,
    ConsumedCapacity: _capacity,
    ...rest
  } = result as {
    Items?: unknown[];
    UnprocessedItems?: object;
    [name: string]: unknown;
  };
  // Items with equal range keys have no order in an index.
  const items = Items?.map((item) => JSON.stringify(sorted(item)));
  const inIndex = operation === "Query" && Items?.some((item) => "list" in (item as object));
  return {
    ...(sorted(rest) as object),
    ...(items ? { Items: inIndex ? items.sort() : items } : {}),
    ...(UnprocessedItems && Object.keys(UnprocessedItems).length > 0 ? { UnprocessedItems } : {}),
  };
}

/**
 * Independent of the order of attributes and of the members of sets. What has no attribute at all counts as absent: DynamoDBs differ
 * in whether they return an empty `Item` or `Attributes`.
 */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, inner]) => inner !== undefined && !(isReturned(name) && isEmpty(inner)));
  return Object.fromEntries(
    entries
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, ["SS", "NS"].includes(name) && Array.isArray(inner) ? [...inner].sort() : sorted(inner)]),
  );
}

function isReturned(name: string): boolean {
  return name === "Item" || name === "Attributes";
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
