import { EngineError, type OperationResult } from "./result";

type Program = () => Promise<Record<string, unknown> | void>;

const NOT_ENDED =
  "the engine succeeded, but the program did not run to completion. Run it again; if this repeats, use a separate process: " +
  "all programs of one process share the SDK's state, including programs that failed earlier.";

/**
 * Checks that the program ran to completion in an operation that the engine reports as a success. If it did not, the
 * engine took it for a program without resources, and an `up` deletes everything in the stack.
 *
 * The SDK ends a program without an error when one of its calls to the engine fails with an error of gRPC. One cause of
 * such an error is removed in `own-connections.ts`; any other must not empty a stack either.
 */
export class ProgramCompletion {
  private count = 0;

  watch(program: Program): Program {
    return async () => {
      const outputs = await program();
      this.count += 1;
      return outputs;
    };
  }

  /**
   * The result of an operation that needs the program. The operation is repeated once if the program did not run to
   * completion.
   *
   * @throws EngineError when that happens again, or when an `up` has already deleted something.
   */
  async expect<T extends OperationResult>(operation: string, run: () => Promise<T>): Promise<T> {
    for (const attempt of [1, 2]) {
      const before = this.count;
      const result = await run();
      if (this.count > before) return result;
      if (attempt === 2 || (operation === "up" && deletes(result))) break;
    }
    throw new EngineError(operation, [], NOT_ENDED);
  }
}

/** Also counts `delete-replaced`, `discard-replaced` and `create-replacement`. */
function deletes({ changes }: OperationResult): boolean {
  return Object.entries(changes).some(([op, count]) => /delete|replace/.test(op) && count > 0);
}
