import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type Item, toAttribute, type Value } from "./attributes";

/** When a write is allowed. A comparison with an attribute that the item lacks is false. */
export type Condition =
  | { absent: string }
  | { present: string }
  | { attribute: string; is: "<" | "<=" | "=" | ">"; value: Value }
  | { any: readonly Condition[] }
  | { all: readonly Condition[] };

/** Attributes that are undefined are left as they are. */
export interface Change {
  set?: Record<string, Value | undefined>;
  remove?: readonly string[];
}

/**
 * Text of DynamoDB's expressions with their names and values. Every name is a placeholder: DynamoDB reserves hundreds of words,
 * `pool`, `status`, `owner` and `name` among them, and refuses an expression that contains one.
 */
export class Expressions {
  private readonly names = new Map<string, string>();
  private readonly values: Record<string, AttributeValue> = {};
  private count = 0;

  condition(condition: Condition): string {
    if ("absent" in condition) return `attribute_not_exists(${this.name(condition.absent)})`;
    if ("present" in condition) return `attribute_exists(${this.name(condition.present)})`;
    if ("attribute" in condition) return `${this.name(condition.attribute)} ${condition.is} ${this.value(condition.value)}`;
    if ("any" in condition) return condition.any.map((one) => this.operand(one)).join(" OR ");
    return condition.all.map((one) => this.operand(one)).join(" AND ");
  }

  change({ set = {}, remove = [] }: Change): string {
    const known = Object.entries(set).filter((entry): entry is [string, Value] => entry[1] !== undefined);
    const assignments = known.map(([name, value]) => `${this.name(name)} = ${this.value(value)}`);
    const removed = remove.map((name) => this.name(name));
    return [
      ...(assignments.length > 0 ? [`SET ${assignments.join(", ")}`] : []),
      ...(removed.length > 0 ? [`REMOVE ${removed.join(", ")}`] : []),
    ].join(" ");
  }

  /** Only a part of another condition gets parentheses: for each pair, dynalite's parser takes about ten times as long. */
  private operand(condition: Condition): string {
    const text = this.condition(condition);
    return "any" in condition || "all" in condition ? `(${text})` : text;
  }

  name(attribute: string): string {
    const known = this.names.get(attribute);
    if (known !== undefined) return known;
    const placeholder = `#n${this.names.size}`;
    this.names.set(attribute, placeholder);
    return placeholder;
  }

  value(value: Value): string {
    const placeholder = `:v${this.count++}`;
    this.values[placeholder] = toAttribute(value);
    return placeholder;
  }

  /** The parameters that go with the text. DynamoDB refuses an empty map. */
  parameters(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Record<string, AttributeValue> } {
    const names = Object.fromEntries([...this.names].map(([attribute, placeholder]) => [placeholder, attribute]));
    return {
      ...(this.names.size > 0 ? { ExpressionAttributeNames: names } : {}),
      ...(this.count > 0 ? { ExpressionAttributeValues: this.values } : {}),
    };
  }
}

/** That no event of this rank or a higher one has been applied: duplicates and late events change nothing. */
export function outranks(attribute: string, rank: number): Condition {
  return { any: [{ absent: attribute }, { attribute, is: "<", value: rank }] };
}

/** An item whose expiry has passed, but that DynamoDB has not deleted yet: that takes days. */
export function isExpired(item: Item, timeToLive: string, now: number): boolean {
  const expiry = item[timeToLive];
  return typeof expiry === "number" && expiry * 1000 <= now;
}
