/** What AWS's services limit alike in the tags of a resource; each words its refusal in its own way. */

/** Tags of a resource, except those that AWS itself sets. */
export const RESOURCE_TAGS = 50;
/** Characters. A key must not be empty. */
const KEY_LENGTH = 128;
const VALUE_LENGTH = 256;

/** Letters, separators and digits of any script, and these signs. */
const CHARACTERS = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";
const TEXT = new RegExp(`^${CHARACTERS}*$`, "u");

export type TagEntry = readonly [key: string, value: string];

export interface TagViolation {
  part: "key" | "value";
  text: string;
  /** Place in the list of tags, from 1. */
  place: number;
  must: string;
}

/** The first key or value that is too short or too long, or that has other characters in a service that limits these. */
export function tagViolation(entries: readonly TagEntry[], limitsCharacters = false): TagViolation | undefined {
  for (const [index, entry] of entries.entries()) {
    for (const part of ["key", "value"] as const) {
      const text = part === "key" ? entry[0] : entry[1];
      const must = constraint(part, text, limitsCharacters);
      if (must !== undefined) return { part, text, place: index + 1, must };
    }
  }
  return undefined;
}

function constraint(part: "key" | "value", text: string, limitsCharacters: boolean): string | undefined {
  const limit = part === "key" ? KEY_LENGTH : VALUE_LENGTH;
  if (part === "key" && text === "") return "Member must have length greater than or equal to 1";
  if (text.length > limit) return `Member must have length less than or equal to ${limit}`;
  if (!limitsCharacters || TEXT.test(text)) return undefined;
  return `Member must satisfy regular expression pattern: ${CHARACTERS}${part === "key" ? "+" : "*"}`;
}

/** The sentence of the services whose requests have a list of tags. */
export function violationText({ part, text, place, must }: TagViolation): string {
  return `1 validation error detected: Value '${text}' at 'tags.${place}.member.${part}' failed to satisfy constraint: ${must}`;
}
