/**
 * Property values as the engine passes them to a provider: plain JSON, except for objects that carry a signature under a
 * magic key (secrets, assets, archives, resource references) and one magic string for unknown values.
 */
export type Json = any;
export type Properties = Record<string, Json>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Placeholder in a preview for a value that is known only after the update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface Asset {
  hash?: string;
  text?: string;
  path?: string;
  uri?: string;
}

export interface Archive {
  hash?: string;
  assets?: Record<string, Json>;
  path?: string;
  uri?: string;
}

function signed(value: Json, signature: string): boolean {
  return value !== null && typeof value === "object" && value[SIGNATURE] === signature;
}

export const isAsset = (value: Json): value is Asset => signed(value, ASSET);
export const isArchive = (value: Json): value is Archive => signed(value, ARCHIVE);

/** The value without secret wrappers, and whether it contained any. */
function reveal(value: Json): { value: Json; secret: boolean } {
  if (signed(value, SECRET)) return { value: reveal(value.value).value, secret: true };
  if (signed(value, OUTPUT)) {
    if (!("value" in value)) return { value: UNKNOWN, secret: value.secret === true };
    const inner = reveal(value.value);
    return { value: inner.value, secret: inner.secret || value.secret === true };
  }
  if (signed(value, RESOURCE)) return { value: value.id === "" ? UNKNOWN : (value.id ?? value.urn), secret: false };
  if (Array.isArray(value)) {
    const items = value.map(reveal);
    return { value: items.map((item) => item.value), secret: items.some((item) => item.secret) };
  }
  if (value !== null && typeof value === "object") {
    let secret = false;
    const plain: Properties = {};
    for (const [key, child] of Object.entries(value)) {
      const inner = reveal(child);
      plain[key] = inner.value;
      secret ||= inner.secret;
    }
    return { value: plain, secret };
  }
  return { value, secret: false };
}

/** Plain properties, and the names of those that contain a secret. A null value counts as absent. */
export function revealAll(properties: Properties): { plain: Properties; secrets: Set<string> } {
  const plain: Properties = {};
  const secrets = new Set<string>();
  for (const [name, value] of Object.entries(properties)) {
    const inner = reveal(value);
    if (inner.value === null || inner.value === undefined) continue;
    plain[name] = inner.value;
    if (inner.secret) secrets.add(name);
  }
  return { plain, secrets };
}

/** Marks whole properties as secret; the real provider is no finer-grained. */
export function conceal(properties: Properties, secrets: Iterable<string>): Properties {
  const result = { ...properties };
  for (const name of secrets) {
    if (name in result) result[name] = { [SIGNATURE]: SECRET, value: result[name] };
  }
  return result;
}

export function containsUnknown(value: Json): boolean {
  if (value === UNKNOWN) return true;
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some(containsUnknown);
}

/** Deep equality; assets and archives are equal when their contents are, regardless of their paths. */
export function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (isAsset(a) || isArchive(a)) return (isAsset(b) || isArchive(b)) && a.hash !== undefined && a.hash === b.hash;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(a[key] ?? undefined, b[key] ?? undefined));
}

/** Without the properties that have no value. */
export function dropAbsent(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null && value !== undefined));
}
