/** What an error shows of a value that the user wrote. Errors end up in the engine's output, in CI logs and in tickets. */

/** Characters of a text that are shown; enough for an ARN, and to recognize a value. */
const SHOWN = 160;

/** The last part of the path of a field that holds a secret or refers to one. */
const SECRET_FIELD = /(secret|token|password|credential|privateKey)\w*$/i;

/** What a field that refers to a secret may hold: an ARN or the name of a secret. */
const REFERENCE = /^(arn:[\w:/+=,.@*-]{1,2048}|[\w/.@-]{1,64})$/;

/** Both cases and digits, as base64 has them; names, paths and hexadecimal digests have one case or breaks. */
const MIXED = "(?=[\\w+/=]*[a-z])(?=[\\w+/=]*[A-Z])(?=[\\w+/=]*\\d)";

/** Keys, certificates and tokens of common services, and texts that look random. */
const SECRETS = new RegExp(
  [
    "-----BEGIN [^]*?(-----END [^-]*-----|$)",
    "\\b(gh[a-z]_|github_pat_|glpat-|xox[a-z]-|sk-)\\w{10,}",
    "\\beyJ[\\w-]{10,}\\.[\\w.-]*",
    "\\b(AKIA|ASIA)[A-Z0-9]{12,}",
    // A secret access key of AWS has 40 characters, and may have slashes.
    `(?<![\\w+/=])${MIXED}[\\w+/]{40}(?![\\w+/=])`,
    `(?<![\\w+=])${MIXED}[\\w+=]{32,}`,
  ].join("|"),
  "g",
);

/** The text with every part that looks like a secret replaced by its length. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, hidden);
}

/**
 * A value as JSON, without what looks like a secret, and cut where it is long. A field for a reference to a secret shows
 * nothing else: a PEM file in the field for its ARN is a common mistake.
 *
 * @param field path of the argument, such as `github.tokenSecretArn`
 */
export function shownValue(field: string, value: unknown): string {
  const json = JSON.stringify(value, (key, part: unknown) => {
    // In a list the key is an index.
    return typeof part === "string" ? shownText(/^\d*$/.test(key) ? field : key, part) : part;
  });
  return json ?? String(value);
}

function shownText(field: string, text: string): string {
  if (text !== "" && SECRET_FIELD.test(field) && !REFERENCE.test(text)) return hidden(text);
  const shown = withoutSecrets(text);
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}... (${text.length} characters)` : shown;
}

function hidden(text: string): string {
  return `(${text.length} characters, not shown because they may be a secret)`;
}
