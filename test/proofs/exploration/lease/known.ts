import { NotYetKnown } from "../replay";

/** Does work over until it needs no outcome of the code that is not known yet. */
export async function known<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotYetKnown)) throw error;
      await error.learn();
    }
  }
}
