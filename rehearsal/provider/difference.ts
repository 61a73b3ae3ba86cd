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
    const replace = type.replaceOn.includes(property) || property === "region" || type.replacesFor?.(property, news, olds) === true;
    changes.push({ property, kind, replace });
  };
  for (const [property, value] of Object.entries({ ...news, ...inBlocks(type, news, olds), ...inObjects(type, news, olds) })) {
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
  return { ...kept(type.computed ?? [], news, before), ...inBlocks(type, news, before), ...inObjects(type, news, before) };
}

function kept(names: readonly string[], news: Properties, before: Properties): Properties {
  const absent = names.filter((name) => news[name] === undefined && before[name] !== undefined);
  return Object.fromEntries(absent.map((name) => [name, before[name]]));
}

/** The list with blocks, with what they do not give as the block at the same place had it. */
function inBlocks({ computedInBlocks }: ResourceType, news: Properties, before: Properties): Properties {
  if (computedInBlocks === undefined) return {};
  const { list, block, members } = computedInBlocks;
  const [items, former] = [news[list], before[list]];
  if (!Array.isArray(items) || !Array.isArray(former)) return {};
  const merged = items.map((item: Properties, index) => {
    const [now, then] = [item?.[block], former[index]?.[block]];
    return now && then ? { ...item, [block]: { ...now, ...kept(members, now, then) } } : item;
  });
  return { [list]: merged };
}

/** The blocks that there is one of, each with what it does not give as it was before. */
function inObjects({ computedInObjects = {} }: ResourceType, news: Properties, before: Properties): Properties {
  const given = Object.entries(computedInObjects).filter(([property]) => isObject(news[property]) && isObject(before[property]));
  return Object.fromEntries(
    given.map(([property, members]) => [property, { ...news[property], ...kept(members, news[property], before[property]) }]),
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** A name chosen by the program cannot exist twice, so the old resource must be deleted before the new one is created. */
function namesWouldCollide(type: ResourceType, oldInputs: Properties, news: Properties): boolean {
  if (!type.autoName || nameWasGenerated(type, news)) return false;
  const { property } = type.autoName;
  return news[property] !== undefined && same(oldInputs[property], news[property]);
}
