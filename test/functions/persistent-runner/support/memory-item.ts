import type { Item, Value } from "../../../../functions/shared/ledger/attributes";
import type { Condition } from "../../../../functions/shared/ledger/expressions";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";

/** What a conditional write makes of an item; undefined if it is refused. Its agreement with DynamoDB is tested (lease-writes.test.ts). */
export function written(item: Item | undefined, { when, set = {}, remove = [] }: ItemWrite): Item | undefined {
  if (!holds(when, item ?? {})) return undefined;
  const after: Item = { ...item };
  for (const [name, value] of Object.entries(set)) if (value !== undefined) after[name] = value;
  for (const name of remove) delete after[name];
  return after;
}

function holds(condition: Condition, item: Item): boolean {
  if ("absent" in condition) return item[condition.absent] === undefined;
  if ("present" in condition) return item[condition.present] !== undefined;
  if ("any" in condition) return condition.any.some((one) => holds(one, item));
  if ("all" in condition) return condition.all.every((one) => holds(one, item));
  return compares(item[condition.attribute], condition.is, condition.value);
}

/** Values of different types are never equal, and none is less than the other. */
function compares(left: Value | undefined, is: "<" | "<=" | "=" | ">", right: Value): boolean {
  if (left === undefined || typeof left !== typeof right) return false;
  switch (is) {
    case "=":
      return left === right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
  }
}
