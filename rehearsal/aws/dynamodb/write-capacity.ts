import { itemSize } from "./engine";
import { throttled } from "./errors";
import { indexEntry, type TableDescription } from "./tables";
import type { AttributeValue, Item } from "./values";

/** Write units that one partition takes in a second, whatever the table's capacity mode. */
const UNITS_PER_SECOND = 1000;
/** One write unit covers an item of up to this many bytes. */
const UNIT_BYTES = 1024;

/** Units that a write costs at one value of a partition key. */
export interface Charge {
  /** Of the table or the index. */
  arn: string;
  partition: string;
  units: number;
}

/**
 * What the change of an item costs: at the table by the larger of the two sizes, at an index only if its entry changes, and twice if
 * the entry moves to another key.
 */
export function chargesOf(table: TableDescription, key: Item, before: Item | undefined, after: Item | undefined): Charge[] {
  const used = Math.max(units(before), units(after), 1);
  const charges: Charge[] = [charge(table.TableArn, table.KeySchema[0]!.AttributeName, key, used)];
  for (const index of table.GlobalSecondaryIndexes ?? []) {
    const partitionKey = index.KeySchema[0]!.AttributeName;
    const [old, entry] = [indexEntry(table, index, before), indexEntry(table, index, after)];
    const moved = old && entry && index.KeySchema.some(({ AttributeName }) => !same(old[AttributeName], entry[AttributeName]));
    if (old && entry && !moved) {
      if (!same(old, entry)) charges.push(charge(index.IndexArn, partitionKey, entry, Math.max(units(old), units(entry))));
      continue;
    }
    for (const changed of [old, entry]) if (changed) charges.push(charge(index.IndexArn, partitionKey, changed, units(changed)));
  }
  return charges;
}

/** The limit of each partition, as a bucket that refills steadily on the rehearsal's clock. */
export class WriteCapacity {
  private readonly buckets = new Map<string, { left: number; at: number }>();

  constructor(private readonly now: () => number) {}

  /** Takes all or nothing. Throws the throttling error for the first partition that has not enough. */
  take(charges: readonly Charge[]): void {
    for (const { arn, partition, units: needed } of charges) {
      // A write that costs more than a second's capacity is taken from a full bucket.
      if (this.bucket(arn, partition).left < Math.min(needed, UNITS_PER_SECOND)) throw throttled(arn);
    }
    for (const { arn, partition, units: used } of charges) this.bucket(arn, partition).left -= used;
  }

  private bucket(arn: string, partition: string): { left: number; at: number } {
    const key = `${arn} ${partition}`;
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { left: UNITS_PER_SECOND, at: now };
    bucket.left = Math.min(UNITS_PER_SECOND, bucket.left + ((now - bucket.at) * UNITS_PER_SECOND) / 1000);
    bucket.at = now;
    this.buckets.set(key, bucket);
    return bucket;
  }
}

function charge(arn: string, partitionKey: string, item: Item, used: number): Charge {
  return { arn, partition: JSON.stringify(item[partitionKey]), units: used };
}

function units(item: Item | undefined): number {
  return item ? Math.max(1, Math.ceil(itemSize(item) / UNIT_BYTES)) : 0;
}

function same(one: AttributeValue | Item | undefined, other: AttributeValue | Item | undefined): boolean {
  return canonical(one) === canonical(other);
}

/** Independent of the order of attributes. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
