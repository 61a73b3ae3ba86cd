import { EngineError, type OperationResult } from "./result";

type Program = () => Promise<Record<string, unknown> | void>;

const NOT_ENDED =
  "the engine ended well, but the program did not come to its end. Run it again; if this repeats, in a process of its " +
  "own: all programs of one process share the SDK's connection to the engine, also with those that failed before.";

/**
 * Knows whether the program came to its end in an operation that the engine calls a success. If it did not, the engine
 * took it for a program that wants nothing, and an `up` deletes what the stack holds.
 *
 * This was seen once, in a preview on a machine under load, in a process in which programs had failed before. What led
 * to it was not found: a closed connection, an interruption and a foreign shutdown signal all fail the operation.
 */
export class ProgramEnds {
  private count = 0;

  watch(program: Program): Program {
    return async () => {
      const outputs = await program();
      this.count += 1;
      return outputs;
    };
  }

  /**
   * The result of an operation that needs the program. It is repeated once if the program did not come to its end.
   *
   * @throws EngineError when that happens again, or when an `up` has deleted something by then.
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
