import { AwsError, type Shape } from "../api";
import { type Checked, check, checkCondition, checkItem, checkKey, type Engine } from "./engine";
import { conditionFailed, validation } from "./errors";
import type { IndexDelay } from "./index-delay";
import { keyOf, type TableDescription } from "./tables";
import type { Item } from "./values";
import { type Charge, chargesOf, type WriteCapacity } from "./write-capacity";

/** One write of one item, alone or as a part of a transaction. `conditionCheck` writes nothing. */
export type WriteKind = "putItem" | "updateItem" | "deleteItem" | "conditionCheck";

export interface Write {
  kind: WriteKind;
  /** Checked, with its expressions parsed. */
  data: Checked;
  table: TableDescription;
  /** Return the item if the condition does not hold. */
  returnsItem: boolean;
}

export interface Applied {
  result: Shape;
  /** Puts the item back as it was. */
  undo(): Promise<void>;
}

/** Checks a write before any table is read. Throws ValidationException. */
export function checkWrite(kind: WriteKind, { ReturnValuesOnConditionCheckFailure: returned, ...params }: Shape): Omit<Write, "table"> {
  if (returned !== undefined && returned !== "ALL_OLD" && returned !== "NONE") {
    throw validation(
      `1 validation error detected: Value '${returned}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: ` +
        "Member must satisfy enum value set: [ALL_OLD, NONE]",
    );
  }
  // A check of a condition is a deletion that does not delete.
  const data = check(kind === "conditionCheck" ? "deleteItem" : kind, params);
  if (kind === "conditionCheck" && data["_condition"] === undefined) {
    throw validation(
      "1 validation error detected: Value null at 'conditionExpression' failed to satisfy constraint: Member must not be null",
    );
  }
  return { kind, data, returnsItem: returned === "ALL_OLD" };
}

/** The key of the item that is written. Throws ValidationException if it does not fit the table's schema. */
export function writtenKey({ kind, data, table }: Write): Item {
  if (kind !== "putItem") {
    checkKey(data["Key"], table);
    // A copy: the engine's update makes the new item out of the key that it is given.
    return { ...(data["Key"] as Item) };
  }
  checkItem(data["Item"], table);
  return keyOf(table, data["Item"]);
}

/** Executes writes one by one, within the capacity of the partitions that they touch. */
export class Writes {
  constructor(
    private readonly engine: Engine,
    private readonly capacity: WriteCapacity,
    private readonly delay: IndexDelay,
  ) {}

  /** @param factor 2 in a transaction, which writes each item twice. */
  async apply(write: Write, factor = 1): Promise<Applied> {
    const { kind, data, table, returnsItem } = write;
    const key = writtenKey(write);
    const before = await this.engine.item(table, key);
    let undo = () => this.engine.restore(table, key, before);
    try {
      if (kind === "conditionCheck") checkCondition(data, before);
      const result = kind === "conditionCheck" ? {} : await this.engine.execute(kind, data);
      const after = await this.itemAfter(write, key, before);
      try {
        this.capacity.take(multiplied(chargesOf(table, key, before, after), factor));
      } catch (error) {
        await undo();
        throw error;
      }
      this.delay.record({ table, key, before, after });
      const restore = undo;
      undo = async () => {
        await restore();
        this.delay.record({ table, key, before: after, after: before });
      };
      return { result, undo };
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "ConditionalCheckFailedException") throw error;
      // A condition that does not hold costs as much as the item that it was evaluated for.
      this.capacity.take(multiplied(chargesOf(table, key, before, before), factor));
      throw conditionFailed(returnsItem ? before : undefined);
    }
  }

  /** Only the engine knows what an update makes of an item. */
  private async itemAfter({ kind, data, table }: Write, key: Item, before: Item | undefined): Promise<Item | undefined> {
    if (kind === "updateItem") return this.engine.item(table, key);
    if (kind === "putItem") return data["Item"] as Item;
    return kind === "deleteItem" ? undefined : before;
  }
}

function multiplied(charges: readonly Charge[], factor: number): Charge[] {
  return charges.map((charge) => ({ ...charge, units: charge.units * factor }));
}
