import { nameWasGenerated } from "./naming";
import type { ResourceType } from "./resource-type";
import { same, type Properties } from "./values";

type DiffKind = "add" | "delete" | "update";

export interface Difference {
  changes: { property: string; kind: DiffKind; replace: boolean }[];
  deleteBeforeReplace: boolean;
}

/**
 * What an update would change: new inputs compared with the resource as last seen, plus inputs that are no longer given.
 * Values that only AWS chose (defaults, computed values) are not differences.
 */
export function difference(
  type: ResourceType,
  { olds, oldInputs, news, ignored }: { olds: Properties; oldInputs: Properties; news: Properties; ignored: string[] },
): Difference {
  const changes: Difference["changes"] = [];
  const add = (property: string, kind: DiffKind) => {
    if (ignored.includes(property)) return;
    changes.push({ property, kind, replace: type.replaceOn.includes(property) || property === "region" });
  };
  for (const [property, value] of Object.entries(news)) {
    if (property.startsWith("__")) continue;
    const before = property in olds ? olds[property] : oldInputs[property];
    if (before === undefined) add(property, "add");
    else if (!same(before, value)) add(property, "update");
  }
  for (const property of Object.keys(oldInputs)) {
    if (property.startsWith("__") || property in news || type.computed?.includes(property)) continue;
    add(property, "delete");
  }
  return { changes, deleteBeforeReplace: namesWouldCollide(type, oldInputs, news) };
}

/** What an update sends of the inputs that the program does not give, but the state has. */
export function computedInputs(type: ResourceType, news: Properties, before: Properties): Properties {
  const kept = (type.computed ?? []).filter((name) => news[name] === undefined && before[name] !== undefined);
  return Object.fromEntries(kept.map((name) => [name, before[name]]));
}

/** A name chosen by the program cannot exist twice, so the old resource must be deleted before the new one is created. */
function namesWouldCollide(type: ResourceType, oldInputs: Properties, news: Properties): boolean {
  if (!type.autoName || nameWasGenerated(type, news)) return false;
  const { property } = type.autoName;
  return news[property] !== undefined && same(oldInputs[property], news[property]);
}
