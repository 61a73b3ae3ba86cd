/**
 * Which tags every service in use accepts. Each has rules of its own, none of which the provider checks: a preview passes,
 * and the deployment fails half-way, at the first resource whose service refuses. So the rules here are the narrowest:
 * IAM's pattern, which CloudWatch Logs, Lambda, SSM and S3 share, and its keys that must differ in more than case.
 */
import { type Violation, violation } from "./input-errors";

/** Tags of a resource; AWS's own (`aws:`) do not count. */
const COUNT_MAX = 50;
/** Characters. The services say 128; EC2's own API reference says 127. */
const KEY_MAX = 127;
const VALUE_MAX = 256;

const ALLOWED = /[\p{L}\p{Z}\p{N}_.:/=+\-@]/u;
const PATTERN_OF = "IAM, CloudWatch Logs, Lambda, SSM and S3";
const ALLOWED_WORDS = "letters, digits, spaces and _ . : / = + - @";
/** AWS reserves this prefix in keys; IAM and Secrets Manager do so in values, too. */
const AWS_PREFIX = /^aws:/i;

/** Tags from one origin. */
export interface TagSource {
  /** What an error names: the argument, or the setting of the provider. */
  field: string;
  /** As given: a program in JavaScript, or a stack's configuration, may hold anything. */
  tags: Readonly<Record<string, unknown>>;
}

export interface OwnTags {
  /** The keys that the component itself adds, also to what is created later, such as a secret. */
  keys: readonly string[];
  /** Prefix that no other tag may have; ends in a colon. */
  prefix: string;
}

/**
 * Everything that any service would refuse about these tags together with the component's own.
 *
 * @param isKnown whether a value can be checked now. One that is still an output is checked once it resolves.
 */
export function tagViolations(sources: readonly TagSource[], own: OwnTags, isKnown: (value: unknown) => boolean = () => true): Violation[] {
  const single = sources.flatMap(({ field, tags }) =>
    Object.entries(tags).flatMap(([key, value]) => [
      ...keyViolations(field, key, own),
      ...(isKnown(value) ? valueViolations(field, key, value) : []),
    ]),
  );
  return [...single, ...caseViolations(sources, own), ...countViolations(sources, own)];
}

function keyViolations(field: string, key: string, { prefix }: OwnTags): Violation[] {
  if (key === "") return [violation(field, key, "every service refuses an empty key", "Give the tag a key or remove it")];
  if (AWS_PREFIX.test(key) || key.toLowerCase().startsWith(prefix)) {
    return [violation(field, key, "the prefix is reserved", `Choose a key that starts with neither aws: nor ${prefix}`)];
  }
  const found: Violation[] = [];
  if (key.length > KEY_MAX) {
    found.push(violation(field, key, `the key has ${key.length} characters and EC2 allows ${KEY_MAX}`, "Shorten it"));
  }
  const odd = refusedCharacters(key);
  if (odd !== "") found.push(violation(field, key, `the key has ${odd}, which ${PATTERN_OF} refuse`, `Use ${ALLOWED_WORDS}`));
  return found;
}

/** The value itself is not shown: the key identifies the tag. */
function valueViolations(field: string, key: string, value: unknown): Violation[] {
  if (value === undefined || value === null) return [violation(field, key, "the tag has no value", "Set a text or remove the tag")];
  if (typeof value !== "string") {
    return [violation(field, key, `the value is no text but of type ${typeof value}`, "Write the value in quotes")];
  }
  const found: Violation[] = [];
  if (AWS_PREFIX.test(value)) found.push(violation(field, key, "IAM refuses a value that starts with aws:", "Choose another value"));
  if (value.length > VALUE_MAX) {
    found.push(violation(field, key, `the value has ${value.length} characters and every service allows ${VALUE_MAX}`, "Shorten it"));
  }
  const odd = refusedCharacters(value);
  if (odd !== "") found.push(violation(field, key, `the value has ${odd}, which ${PATTERN_OF} refuse`, `Use ${ALLOWED_WORDS}`));
  return found;
}

function refusedCharacters(text: string): string {
  const odd = [...new Set(text)].filter((character) => !ALLOWED.test(character));
  return odd
    .slice(0, 8)
    .map((character) => JSON.stringify(character))
    .join(" ");
}

/** IAM takes keys that differ only in case for the same key, and refuses both. */
function caseViolations(sources: readonly TagSource[], own: OwnTags): Violation[] {
  const seen = new Map(own.keys.map((key) => [key.toLowerCase(), key]));
  const found: Violation[] = [];
  for (const { field, tags } of sources) {
    for (const key of Object.keys(tags)) {
      const other = seen.get(key.toLowerCase());
      if (other === undefined) seen.set(key.toLowerCase(), key);
      else if (other !== key) {
        found.push(violation(field, key, `IAM takes it for the same key as ${other}`, `Write it as ${other}, or choose another key`));
      }
    }
  }
  return found;
}

function countViolations(sources: readonly TagSource[], own: OwnTags): Violation[] {
  const all = new Set([...own.keys, ...sources.flatMap(({ tags }) => Object.keys(tags))]);
  if (all.size <= COUNT_MAX) return [];
  const parts = sources.map(({ field, tags }) => `${Object.keys(tags).length} of ${field}`);
  const problem = `${all.size} tags on a resource (${parts.join(", ")}, up to ${own.keys.length} of the component); AWS allows ${COUNT_MAX}`;
  return [violation(sources[0]!.field, `${Object.keys(sources[0]!.tags).length} tags`, problem, `Remove ${all.size - COUNT_MAX}`)];
}
