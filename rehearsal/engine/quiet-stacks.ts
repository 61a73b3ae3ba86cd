type Prepare = NonNullable<typeof Error.prepareStackTrace>;

let users = 0;
let original: typeof Error.prepareStackTrace;

/**
 * Runs the work with stack traces for errors that say something, and none for those that have no message: the SDK
 * makes one of those for each promise and each resource, thousands in a program, and reads its trace at once, which
 * ts-node then maps to the sources. That is half of the program's time.
 */
export async function withQuietStacks<T>(work: () => Promise<T>): Promise<T> {
  if (users++ === 0) {
    original = Error.prepareStackTrace;
    const prepare: Prepare = original ?? plain;
    Error.prepareStackTrace = (error, frames) => (error.message === "" ? String(error) : prepare(error, frames));
  }
  try {
    return await work();
  } finally {
    if (--users === 0) Error.prepareStackTrace = original;
  }
}

const plain: Prepare = (error, frames) => [String(error), ...frames.map((frame) => `    at ${frame}`)].join("\n");
