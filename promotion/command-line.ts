import { commandLine, UsageError, type CommandLine, type OptionTable } from "../cli/options";
import { RefusedError } from "./refused-error";

/** A command whose invalid use is a RefusedError, like every other refusal: exit code 2. */
export function refusingCommandLine<O extends OptionTable>(...spec: Parameters<typeof commandLine<O>>): CommandLine<O> {
  const { help, parse } = commandLine<O>(...spec);
  return {
    help,
    parse(argv) {
      try {
        return parse(argv);
      } catch (error) {
        throw error instanceof UsageError ? new RefusedError(error.message) : error;
      }
    },
  };
}
