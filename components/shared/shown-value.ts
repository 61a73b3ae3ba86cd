/** What an error shows of a value that the user wrote. Errors end up in the engine's output, in CI logs and in tickets. */

/** Characters of a text that are shown; enough for an ARN, and to recognize a value. */
const SHOWN = 160;

/** The last part of the path of a field that holds a secret or refers to one. */
const SECRET_FIELD = /(secret|token|password|credential|privateKey)\w*$/i;

/**
 * The parts of the ARN of a secret or of its key. A field that refers to a secret shows a value only as far as it has them:
 * nothing else tells the name of a secret from a password, or from a token in hexadecimal digits.
 */
const ARN_PARTS = [
  /^arn:/,
  /^aws(-[a-z]{2,8}){0,3}:/,
  /^[a-z][a-z0-9-]{1,30}:/,
  /^[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}:/,
  /^\d{12}:/,
  /^(secret:[\w/+=.@-]{1,519}|(key|alias)\/[\w/-]{1,256})$/,
];

/** Both cases and digits, as base64 has them; names, paths and hexadecimal digests have one case or breaks. */
const MIXED = "(?=[\\w+/=]*[a-z])(?=[\\w+/=]*[A-Z])(?=[\\w+/=]*\\d)";

/** Keys, certificates and tokens of common services, and texts that look random. */
const SECRETS = new RegExp(
  [
    "-----BEGIN [^]*?(-----END [^-]*-----|$)",
    "\\b(gh[a-z]_|github_pat_|glpat-|xox[a-z]-|sk-)\\w{10,}",
    "\\beyJ[\\w-]{10,}\\.[\\w.-]*",
    "\\b(AKIA|ASIA)[A-Z0-9]{12,}",
    // Tokens of GitHub without a prefix: those made before 2021, and registration tokens of runners (base32).
    "\\b[0-9a-f]{40}\\b",
    "\\bA(?=[A-Z]*[2-7])[A-Z2-7]{28}\\b",
    // A secret access key of AWS has 40 characters, and may have slashes.
    `(?<![\\w+/=])${MIXED}[\\w+/]{40}(?![\\w+/=])`,
    `(?<![\\w+=])${MIXED}[\\w+=]{32,}`,
    // A line of a PEM file has 64 characters, and slashes wherever chance puts them.
    `(?<![\\w+/=])${MIXED}[A-Za-z0-9+/]{60,}={0,2}`,
  ].join("|"),
  "g",
);

/** The text with every part that looks like a secret replaced by its length. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, hidden);
}

/** Whether any part of the text looks like a secret. */
export function looksSecret(text: string): boolean {
  return withoutSecrets(text) !== text;
}

/**
 * A value as JSON, without what looks like a secret, and cut where it is long. A field for a reference to a secret shows
 * nothing but the parts of an ARN: a PEM file or a token in the field for its ARN is a common mistake.
 *
 * @param field path of the argument, such as `github.tokenSecretArn`
 */
export function shownValue(field: string, value: unknown): string {
  return JSON.stringify(shown(value, SECRET_FIELD.test(field))) ?? String(value);
}

/** @param secret whether a field that holds the value, directly or further up, is one for a secret */
function shown(value: unknown, secret: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => shown(one, secret));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one, secret || SECRET_FIELD.test(key))]));
  }
  if (secret && typeof value === "number") return hidden(String(value));
  if (typeof value !== "string") return value;
  return secret ? arnPartsOf(value) : cut(withoutSecrets(value));
}

/** What a value has of an ARN, and the length of the rest. */
function arnPartsOf(value: string): string {
  let rest = value;
  for (const part of ARN_PARTS) {
    const found = part.exec(rest)?.[0];
    if (found === undefined) break;
    rest = rest.slice(found.length);
  }
  const known = value.slice(0, value.length - rest.length);
  // The name after `secret:` may still be a token that was completed to an ARN.
  return cut(withoutSecrets(known)) + (rest === "" ? "" : hidden(rest));
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}... (${text.length} characters)` : text;
}

function hidden(text: string): string {
  return `(${text.length} characters, not shown because they may be a secret)`;
}
