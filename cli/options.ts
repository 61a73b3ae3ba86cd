import { parseArgs } from "node:util";
import { helpText } from "./help";

/** Thrown for an invalid command line; the message names the flag, the value and what is allowed. */
export class UsageError extends Error {}

/** Reads a flag's value. @throws UsageError */
export type Parser<T> = (given: string, flag: string) => T;

/** One flag: its help text and the parser of its value. */
export interface Option<T> {
  /** Name of the value in the help; absent if the flag takes no value. */
  metavar?: string;
  /** Wrapped by the help; line breaks in it are kept. */
  help: string;
  /** The behaviour without the flag, as the help shows it. */
  shown?: string;
  /** `undefined`: the flag was not given. */
  read(given: string | undefined, flag: string): T;
}

export type OptionTable = Record<string, Option<unknown>>;

type OptionValues<O extends OptionTable> = { [Flag in keyof O]: O[Flag] extends Option<infer T> ? T : never };

export interface CommandLine<O extends OptionTable> {
  help: string;
  /** Undefined if `--help` was given. @throws UsageError */
  parse(argv: string[]): OptionValues<O> | undefined;
}

/** A flag with a value. Its default, if it has one, is parsed like a given value. */
export function option<T>(spec: { metavar: string; help: string; parse: Parser<T>; default: string }): Option<T>;
export function option<T>(spec: { metavar: string; help: string; parse: Parser<T>; shown?: string }): Option<T | undefined>;
export function option<T>(spec: {
  metavar: string;
  help: string;
  parse: Parser<T>;
  default?: string;
  shown?: string;
}): Option<T | undefined> {
  const { metavar, help, parse, shown = spec.default } = spec;
  const read = (given: string | undefined, flag: string) => {
    const text = given ?? spec.default;
    return text === undefined ? undefined : parse(text, flag);
  };
  return { metavar, help, shown, read };
}

/** A flag without a value. */
export function toggle(help: string): Option<boolean> {
  return { help, read: (given) => given !== undefined };
}

export const text: Parser<string> = (given) => given;

export function oneOf<const T extends string>(...choices: readonly T[]): Parser<T> {
  return (given, flag) => {
    const choice = choices.find((one) => one === given);
    if (choice === undefined) throw new UsageError(`${flag} ${given}: give ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
    return choice;
  };
}

export const onOrOff: Parser<boolean> = (given, flag) => oneOf("on", "off")(given, flag) === "on";

export function wholeNumber(min: number): Parser<number> {
  return (given, flag) => whole(flag, given, min);
}

/** @throws UsageError if the value is not a whole number of at least `min`. */
function whole(flag: string, given: string, min: number): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(value) || value < min) {
    throw new UsageError(`${flag} ${given}: give a whole number of at least ${min}`);
  }
  return value;
}

/** `A..B`: both included. */
export const seedRange: Parser<{ first: number; last: number }> = (given, flag) => {
  const [, first, last] = (/^(\d{1,9})\.\.(\d{1,9})$/.exec(given) ?? []).map(Number);
  if (first === undefined || last === undefined || first > last)
    throw new UsageError(`${flag} ${given}: give two whole numbers, as in 1..20`);
  return { first, last };
};

/**
 * A command of this project that takes only flags.
 *
 * @param command the command as typed, for example `npm run rehearse`.
 * @param about description, shown between the usage lines and the flags.
 * @param forms the forms of the arguments; several if flags belong together.
 */
export function commandLine<O extends OptionTable>(
  command: string,
  about: string,
  options: O,
  forms: readonly string[] = ["[options]"],
): CommandLine<O> {
  const help = helpText(command, about, { ...options, help: toggle("show this help") }, forms);
  const parse = (argv: string[]): OptionValues<O> | undefined => {
    const given = readFlags(argv, command, options);
    if (given.help !== undefined) return undefined;
    const values = Object.entries(options).map(([name, { read }]) => [name, read(given[name], `--${name}`)]);
    return Object.fromEntries(values) as OptionValues<O>;
  };
  return { help, parse };
}

function readFlags(argv: string[], command: string, options: OptionTable): Record<string, string | undefined> {
  const known = Object.entries(options).map(([name, { metavar }]) => [name, { type: metavar === undefined ? "boolean" : "string" }]);
  try {
    const flags = { ...Object.fromEntries(known), help: { type: "boolean" } } as Record<string, { type: "boolean" | "string" }>;
    const { values } = parseArgs({ args: argv, allowPositionals: false, options: flags });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nRun ${command} -- --help for the options.`);
  }
}
