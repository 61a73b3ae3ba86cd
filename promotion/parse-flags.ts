import { type ParseArgsConfig, parseArgs } from "node:util";
import { RefusedError } from "./refused-error";

export const TEXT = { type: "string" } as const;
export const FLAG = { type: "boolean" } as const;

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The values of a command line without positional arguments. @throws RefusedError that names the command's help */
export function parseFlags<O extends Options>(argv: string[], command: string, options: O) {
  try {
    return parseArgs({ args: argv, allowPositionals: false, options }).values;
  } catch (error) {
    throw new RefusedError(`${(error as Error).message}\nRun npm run ${command} -- --help for the options.`);
  }
}
