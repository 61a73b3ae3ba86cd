import { AwsError, type Shape } from "../api";
import { check, checkKey, type Checked, type Engine } from "./engine";
import { type CancellationReason, reasonOf, transactionCancelled, validation } from "./errors";
import type { TableDescription } from "./tables";
import { type Applied, checkWrite, type Write, type WriteKind, type Writes, writtenKey } from "./writes";

const MOST_ITEMS = 100;
/** For which a client token makes a repeated request harmless. */
const TOKEN_MS = 10 * 60_000;
/** A transaction writes each item twice. */
const UNITS_FACTOR = 2;

const KINDS: Record<string, WriteKind> = {
  ConditionCheck: "conditionCheck",
  Put: "putItem",
  Update: "updateItem",
  Delete: "deleteItem",
};

interface TransactionOptions {
  engine: Engine;
  writes: Writes;
  now: () => number;
  /** Throws ResourceNotFoundException. */
  table(name: unknown): TableDescription;
}

/**
 * DynamoDB's transactions on top of single operations, of which only one runs at a time: each item is written, and if one of them
 * is refused, all are put back as they were. Every item is tried, since AWS gives a reason for each.
 */
export class Transactions {
  private readonly tokens = new Map<string, { request: string; until: number }>();

  constructor(private readonly options: TransactionOptions) {}

  async write(params: Shape): Promise<Shape> {
    const { ClientRequestToken: token, ReturnConsumedCapacity: capacity = "NONE", ...request } = params;
    refuseCapacity(capacity);
    const writes = itemsOf(request["TransactItems"]).map((item) => this.parse(item));
    if (this.repeated(token, JSON.stringify(request))) return {};
    this.distinct(writes);
    const applied: Applied[] = [];
    const reasons: CancellationReason[] = [];
    for (const write of writes) {
      try {
        applied.push(await this.options.writes.apply(write, UNITS_FACTOR));
        reasons.push({ Code: "None" });
      } catch (error) {
        const reason = reasonOf(error);
        if (!reason) throw error;
        reasons.push(reason);
      }
    }
    if (applied.length < writes.length) {
      for (const { undo } of applied.reverse()) await undo();
      throw transactionCancelled(reasons);
    }
    if (token !== undefined) this.tokens.set(String(token), { request: JSON.stringify(request), until: this.options.now() + TOKEN_MS });
    return {};
  }

  async read(params: Shape): Promise<Shape> {
    refuseCapacity(params["ReturnConsumedCapacity"] ?? "NONE");
    const reads = itemsOf(params["TransactItems"]).map(({ Get }) => check("getItem", (Get as Shape | undefined) ?? {}));
    for (const { TableName, Key } of reads) checkKey(Key, this.options.table(TableName));
    unique(reads.map(({ TableName, Key }) => identity(String(TableName), Key as Shape)));
    const responses: Shape[] = [];
    for (const read of reads) {
      const { Item } = await this.options.engine.execute("getItem", read);
      responses.push(Item === undefined ? {} : { Item });
    }
    return { Responses: responses };
  }

  private parse(item: Shape): Write {
    const parts = Object.entries(item).filter(([, value]) => value !== undefined);
    const [name, params] = parts[0] ?? [];
    const kind = name === undefined ? undefined : KINDS[name];
    if (parts.length !== 1 || kind === undefined) {
      throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
    }
    const checked = checkWrite(kind, params as Shape);
    return { ...checked, table: this.options.table(checked.data["TableName"]) };
  }

  /** Whether the request was already executed with this token. */
  private repeated(token: unknown, request: string): boolean {
    if (token === undefined) return false;
    const known = this.tokens.get(String(token));
    if (!known || known.until < this.options.now()) return false;
    if (known.request === request) return true;
    throw new AwsError(
      "IdempotentParameterMismatchException",
      "The request uses the same client token as a previous, but non-identical request. " +
        "Do not reuse a client token with different requests, unless the requests are identical",
    );
  }

  private distinct(writes: readonly Write[]): void {
    unique(writes.flatMap((write) => keyIfValid(write)));
  }
}

/** A key that does not fit is a reason for the cancellation, so it is not refused here. */
function keyIfValid(write: Write): string[] {
  try {
    return [identity(write.table.TableName, writtenKey(write) as Checked)];
  } catch {
    return [];
  }
}

function itemsOf(given: unknown): Shape[] {
  const items = (given as Shape[] | undefined) ?? [];
  if (items.length >= 1 && items.length <= MOST_ITEMS) return items;
  throw validation(
    `1 validation error detected: Value '${items.length} items' at 'transactItems' failed to satisfy constraint: ` +
      `Member must have length ${items.length === 0 ? "greater than or equal to 1" : `less than or equal to ${MOST_ITEMS}`}`,
  );
}

function identity(table: string, key: Shape): string {
  return JSON.stringify([table, Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1))]);
}

function unique(identities: readonly string[]): void {
  if (new Set(identities).size < identities.length) {
    throw validation("Transaction request cannot include multiple operations on one item");
  }
}

function refuseCapacity(asked: unknown): void {
  if (asked === "NONE") return;
  throw validation("The rehearsal's DynamoDB does not return the consumed capacity of a transaction; leave out ReturnConsumedCapacity");
}
