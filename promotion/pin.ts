import { isDeepStrictEqual } from "node:util";
import { load, loadAll } from "js-yaml";
import * as semver from "semver";
import { FOLLOWS_MAIN, isRelease } from "../contract/shared/release";
import { isScriptText } from "../contract/shared/setup-script";
import { RefusedError } from "./refused-error";

/** The configuration key that pins a stack's release. */
export const PIN_KEY = "ci-runners:release";
/** The value of a stack that follows main; also what a missing key means, by the default in `Pulumi.yaml`. */
export const MAIN = FOLLOWS_MAIN;

export const configurationFile = (stack: string): string => `Pulumi.${stack}.yaml`;

/** Whether the program accepts the text as a release and it is a comparable version. */
export function isReleaseTag(text: string): boolean {
  return text !== MAIN && isRelease(text) && semver.valid(text.slice(1)) === text.slice(1);
}

/** Whether release `a` is older than `b`; both are tags. */
export const isOlder = (a: string, b: string): boolean => semver.lt(a, b);

/**
 * Reads the pin from the text of `Pulumi.<stack>.yaml`.
 *
 * @param file its name in errors
 * @throws RefusedError when the text is not a configuration, or the pin is neither `main` nor a release's tag
 */
export function readPin(text: string, file: string): string {
  const pin = pinIn(parse(text, file));
  if (pin === undefined) return MAIN;
  if (typeof pin !== "string" || (pin !== MAIN && !isReleaseTag(pin))) {
    throw new RefusedError(`${file}: ${PIN_KEY} is ${JSON.stringify(pin)}; give ${MAIN} or a release's tag, like v1.2.3`);
  }
  return pin;
}

/** The pin of a past configuration; undefined where it is unreadable, because history cannot be corrected. */
export function readOldPin(text: string | undefined, file: string): string | undefined {
  try {
    return text === undefined ? undefined : readPin(text, file);
  } catch {
    return undefined;
  }
}

/** The configuration without its pin, to see whether anything else changed. Comments do not count. */
export function withoutPin(text: string, file: string): unknown {
  return withPin(parse(text, file), undefined);
}

/** The file that the configuration's `setupScript` names, as written; undefined without one, and for the text of a script. */
export function readSetupScriptFile(text: string, file: string): string | undefined {
  const given = parse(text, file).config?.["ci-runners:setupScript"];
  return typeof given === "string" && given !== "" && !isScriptText(given) ? given : undefined;
}

/**
 * Replaces the pin, or adds it as first key, in one line; every other byte stays, comments too.
 *
 * @throws RefusedError when the layout of the file does not allow a change of one line
 */
export function replacePin(text: string, file: string, tag: string): string {
  const wanted = withPin(parse(text, file), tag);
  const parsesAsWanted = (candidate: string) => {
    try {
      return isDeepStrictEqual(load(candidate), wanted);
    } catch {
      return false;
    }
  };
  // A line inside a block scalar may look like the key: only a replacement that parses as wanted is accepted.
  const key = /^([ \t]+(["']?)ci-runners:release\2[ \t]*:[ \t]+)(?:"[^"\r\n]*"|'[^'\r\n]*'|[^\s#]+)/gm;
  for (const match of text.matchAll(key)) {
    const candidate = `${text.slice(0, match.index)}${match[1]}${tag}${text.slice(match.index + match[0].length)}`;
    if (parsesAsWanted(candidate)) return candidate;
  }
  for (const match of text.matchAll(/^config:[^\r\n]*(\r?\n)/gm)) {
    const end = match.index + match[0].length;
    const indent = /^(?:[ \t]*(?:#[^\n]*)?\n)*?([ \t]+)[^\s#]/.exec(text.slice(end).replaceAll("\r\n", "\n"))?.[1] ?? "  ";
    const candidate = `${text.slice(0, end)}${indent}${PIN_KEY}: ${tag}${match[1]}${text.slice(end)}`;
    if (parsesAsWanted(candidate)) return candidate;
  }
  throw new RefusedError(`${file}: ${PIN_KEY} cannot be set to ${tag} in one line; write it on a separate line below "config:"`);
}

type Configuration = { config?: Record<string, unknown> } & Record<string, unknown>;

function parse(text: string, file: string): Configuration {
  let documents: unknown[];
  try {
    documents = loadAll(text);
  } catch (error) {
    throw new RefusedError(`${file}: is not YAML: ${(error as Error).message}`);
  }
  const value = documents[0] ?? {};
  if (documents.length > 1 || !isMapping(value) || !isMapping(value["config"] ?? {}))
    throw new RefusedError(`${file}: give a mapping whose "config:" is a mapping`);
  return value as Configuration;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const pinIn = (configuration: Configuration): unknown => configuration.config?.[PIN_KEY];

function withPin(configuration: Configuration, pin: string | undefined): Configuration {
  const { [PIN_KEY]: _replaced, ...config } = configuration.config ?? {};
  return { ...configuration, config: pin === undefined ? config : { ...config, [PIN_KEY]: pin } };
}
