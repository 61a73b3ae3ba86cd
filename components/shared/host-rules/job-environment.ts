import { type Violation, hiddenViolation, violation } from "../input-errors";
import { looksSecret } from "../shown-value";

const VARIABLES_MAX = 50;
/** Characters. */
const VALUE_MAX = 1024;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whose value the runner, the pool or the system sets. The file `.env` would replace it, the pool's own job hooks included. */
const RESERVED: readonly [names: RegExp, problem: string, remedy: string][] = [
  [/^(https?|no|all)_proxy$/i, "a variable of the proxy", "Use httpProxy, httpsProxy and noProxy"],
  [/^PATH$/, "set by the runner", "Link programs into /usr/local/bin by setupScript"],
  [/^DOCKER_HOST$/, "set by the pool", "Use docker"],
  [/^NODE_EXTRA_CA_CERTS$/, "set by the pool", "Use caBundle"],
  [/^NODE_OPTIONS$/, "GitHub's own actions would run with it", "Set it in the workflows that need it"],
  [/^(HOME|LANG|USER|SHELL|LD_.*)$/, "the runner itself needs its own", "Set it in the workflows that need it"],
  [/^(ACTIONS|GITHUB|RUNNER)_/, "a variable of the runner", "Choose another name"],
];

/** Names whose value is expected to be a secret, in capitals. */
const PASSWORD_NAME = /(PASSWORDS?|PASSWD|PASSPHRASE)(_|$)|(^|_)(PWD|PASS)$|SSHPASS$/;
const SECRET_NAME = /(SECRETS?|TOKENS?|CREDENTIALS?|CREDS|(PRIVATE|ACCESS|SECRET|API)_?KEYS?)(_|$)|(^|_)(PAT|AUTH)$/;
/** Where a secret is, which is not secret. */
const PLACE_NAME = /_(ARN|FILE|PATH|DIR|URL|URI|ENDPOINT|NAME|USERNAME)$|^GOOGLE_APPLICATION_CREDENTIALS$/;
/** A file's path, by its folder in lower case: a random text rarely looks so. */
const FILE = /^\/[a-z][a-z0-9_-]*(\/[\w.@-]+)+$/;
const FLAG = /^(true|false|)$/i;
/** Programs count tokens, too. Of a password it would be a bad one. */
const TOKENS = /TOKENS?(?=_|$)/g;
const NUMBER = /^\d{1,9}$/;
/** What package managers take in a URL: user and password, or a token as the user. */
const URL_CREDENTIALS = /:\/\/[^\s/?#@:]*:[^\s/@]+@|https?:\/\/(?!git@)[^\s/?#@]+@/i;
const USE_SECRETS = "Use a secret of GitHub, or OIDC";

export function jobEnvironmentViolations(variables: unknown): Violation[] {
  const field = "jobEnvironment";
  if (variables === undefined) return [];
  if (typeof variables !== "object" || variables === null || Array.isArray(variables)) {
    return [hiddenViolation(field, "not a map of names and values", "Give an object such as { NAME: value }")];
  }
  const entries = Object.entries(variables);
  if (entries.length > VARIABLES_MAX) {
    return [violation(field, `${entries.length} variables`, `more than ${VARIABLES_MAX}`, "Have setupScript write a file with them")];
  }
  return entries.flatMap(([name, value]) => variableViolation(`${field}.${name}`, name, value));
}

/** At most one problem of each variable. */
function variableViolation(field: string, name: string, value: unknown): Violation[] {
  if (!NAME.test(name)) {
    return [hiddenViolation(field, "not the name of a variable", "Use letters, digits and _, and no digit first")];
  }
  const reserved = RESERVED.find(([names]) => names.test(name));
  if (reserved) return [hiddenViolation(field, reserved[1], reserved[2])];
  if (typeof value !== "string") return [hiddenViolation(field, "its value is not a text", "Write it in quotes")];
  if (isSecretByName(inUpperCase(name), value)) {
    return [hiddenViolation(field, "its name is one of a secret, and instance and state would show it", USE_SECRETS)];
  }
  if (looksSecret(value) || URL_CREDENTIALS.test(value)) {
    return [hiddenViolation(field, "its value looks like a secret, and instance and state would show it", USE_SECRETS)];
  }
  if (/[\r\n\0]/.test(value)) return [violation(field, value, "its value has more than one line", "Have setupScript write a file with it")];
  if (value.length > VALUE_MAX) {
    return [violation(field, `${value.length} characters`, `more than ${VALUE_MAX}`, "Have setupScript write a file with it")];
  }
  return [];
}

function isSecretByName(name: string, value: string): boolean {
  if (PLACE_NAME.test(name) || FILE.test(value) || FLAG.test(value)) return false;
  return PASSWORD_NAME.test(name) || SECRET_NAME.test(name.replace(TOKENS, "")) || (SECRET_NAME.test(name) && !NUMBER.test(value));
}

/** `apiKey` as `API_KEY`. */
function inUpperCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
}
