import type { Json } from "../../runner/steps/plan";

type Vector = { [key: string]: Json };

/** GitHub's limit on the jobs of one matrix. */
const MOST_JOBS = 256;

/**
 * The combinations of a matrix in GitHub's order: the product of its lists without those of `exclude`, then `include`, which extends
 * combinations whose original values it does not change, and otherwise adds one.
 *
 * @throws for a matrix without combinations, or with too many
 */
export function expandMatrix(matrix: Json): Vector[] {
  if (matrix === null || typeof matrix !== "object" || Array.isArray(matrix)) throw new Error("Matrix must be a mapping");
  const { include, exclude, ...lists } = matrix;
  let product: Vector[] = Object.keys(lists).length === 0 ? [] : [{}];
  for (const [key, values] of Object.entries(lists)) {
    if (!Array.isArray(values)) throw new Error(`Matrix vector '${key}' must be a sequence`);
    if (values.length === 0) throw new Error(`Matrix vector '${key}' does not contain any values`);
    product = product.flatMap((vector) => values.map((value) => ({ ...vector, [key]: value })));
  }
  const excluded = filters(exclude, "exclude");
  const kept = product.filter(
    (vector) => !excluded.some((one) => Object.entries(one).every(([key, value]) => matches(vector[key], value))),
  );
  const original = kept.map((vector) => new Set(Object.keys(vector)));
  const added: Vector[] = [];
  for (const extra of filters(include, "include")) {
    let extends_ = false;
    kept.forEach((vector, index) => {
      const changes = Object.entries(extra).some(([key, value]) => original[index]!.has(key) && !matches(vector[key], value));
      if (changes) return;
      Object.assign(vector, extra);
      extends_ = true;
    });
    if (!extends_) added.push({ ...extra });
  }
  const all = [...kept, ...added];
  if (all.length === 0) throw new Error("Matrix must define at least one vector");
  if (all.length > MOST_JOBS) throw new Error(`Matrix has ${all.length} combinations, more than ${MOST_JOBS}`);
  return all;
}

function filters(value: Json | undefined, name: string): Vector[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`Matrix ${name} must be a sequence`);
  return value.map((one) => {
    if (one === null || typeof one !== "object" || Array.isArray(one)) throw new Error(`Matrix ${name} must be a sequence of mappings`);
    return one;
  });
}

/** A filter may name only a part of an object. */
function matches(value: Json | undefined, wanted: Json): boolean {
  if (wanted !== null && typeof wanted === "object" && !Array.isArray(wanted)) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
    return Object.entries(wanted).every(([key, part]) => matches(value[key], part));
  }
  return JSON.stringify(value) === JSON.stringify(wanted);
}

/** `(a, b)`, as GitHub adds it to the names of a matrix's jobs. */
export function suffixOf(vector: Vector): string {
  const leaves = (value: Json): string[] =>
    value !== null && typeof value === "object" ? Object.values(value).flatMap(leaves) : [value === null ? "" : String(value)];
  return `(${Object.values(vector).flatMap(leaves).join(", ")})`;
}
