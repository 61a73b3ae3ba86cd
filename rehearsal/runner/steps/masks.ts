/** Replaces secrets in what is logged, by `***` as GitHub does. */
export class Masks {
  private readonly values = new Set<string>();

  constructor(values: Iterable<string> = []) {
    for (const value of values) this.add(value);
  }

  /** Lines of a value of several lines are masked one by one, because the log has lines; and each in the forms that the runner knows. */
  add(value: string): void {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.trim() !== "") for (const form of [part, ...encodedForms(part)]) this.values.add(form);
    }
  }

  apply(text: string): string {
    let masked = text;
    // Longest first: a value that contains another one would otherwise leave its rest.
    for (const value of [...this.values].sort((a, b) => b.length - a.length)) masked = masked.replaceAll(value, "***");
    return masked;
  }

  hides(text: string): boolean {
    return this.apply(text) !== text;
  }
}

/** Less would mask what has nothing to do with the secret. */
const SHORTEST_FORM = 4;

/** Of the official runner: escaped for JSON and for a URI, and in base64 at each of three offsets, without the ends that others share. */
function encodedForms(value: string): string[] {
  const escaped = [JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
  const shifted = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString("base64"));
  const inner = shifted.map((text, offset) => text.slice(offset === 0 ? 0 : offset + 1).replace(/.?=+$/, ""));
  return [...escaped, ...inner].filter((form) => form.length >= SHORTEST_FORM && form !== value);
}
