/**
 * The lease only advances: its generation grows, and within one its phase and its holder do not come back. So a write on what was true before is
 * refused for ever. The exploration relies on that (behaviour.ts), and checks it at each write.
 */
import type { Item } from "../../../../functions/shared/ledger/attributes";
import type { Condition } from "../../../../functions/shared/ledger/expressions";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";

/** A machine that someone has started by hand is stopped again, within the generation. */
const RANKS: Record<string, number> = { starting: 0, ready: 1, stopping: 2, stopped: 2 };

export function hasGoneBack(before: Item | null, after: Item): boolean {
  if (before === null) return false;
  if (after["generation"] !== before["generation"]) return after["generation"]! < before["generation"]!;
  if (rankOf(after) < rankOf(before)) return true;
  return after["holder"] !== undefined && after["holder"] !== before["holder"];
}

/** Whether it is refused, whatever happens before it comes. */
export function isDoomed({ when }: ItemWrite, item: Item | null): boolean {
  if (item === null || !("all" in when)) return false;
  const expected = (name: string) => when.all.find((one): one is Condition & { value: string | number } => isEqual(one, name))?.value;
  const generation = expected("generation");
  if (generation !== item["generation"]) return generation !== undefined && generation < item["generation"]!;
  const [phase, holder] = [expected("phase"), expected("holder")];
  if (phase !== undefined && RANKS[phase]! < rankOf(item)) return true;
  if (holder !== undefined && holder !== item["holder"]) return true;
  const isUnbegun = when.all.some((one) => "absent" in one && one.absent === "startedAt");
  return isUnbegun && item["phase"] === "starting" && item["startedAt"] !== undefined;
}

function rankOf({ phase }: Item): number {
  return RANKS[phase as string]!;
}

function isEqual(condition: Condition, name: string): boolean {
  return "attribute" in condition && condition.is === "=" && condition.attribute === name;
}
