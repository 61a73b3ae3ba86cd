import { RefusedError } from "./refused-error";
import { InterruptedError } from "./run-command";

/** Runs a command to the exit codes that promotion/README.md promises. */
export function runCli(command: () => Promise<number>): void {
  command().then(
    (code) => process.exit(code),
    (error: unknown) => {
      const expected = error instanceof RefusedError || error instanceof InterruptedError;
      console.error(expected ? error.message : error);
      process.exit(error instanceof InterruptedError ? error.exitCode : error instanceof RefusedError ? 2 : 1);
    },
  );
}
