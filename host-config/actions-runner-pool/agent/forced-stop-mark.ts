/**
 * The marks of a forced stop, in folders that only root can write: that the drain gave up, which the next start of the runner
 * clears, and that the stop is not counted yet, which only its count clears.
 */
import { FORCED_STOP_MARKS } from "../../../contract/actions-runner-pool/host";
import { markFiles } from "./mark-files";
import type { ForcedStopMark } from "./ports/forced-stop-mark";

export function forcedStopMark(places: readonly string[] = FORCED_STOP_MARKS): ForcedStopMark {
  const forced = markFiles(places);
  const uncounted = uncountedMark(places);
  return {
    async set() {
      try {
        uncounted.set();
      } finally {
        forced.set();
      }
    },
    async isSet() {
      return forced.isSet();
    },
    async clear() {
      forced.clear();
    },
    async isUncounted() {
      return uncounted.isSet();
    },
    async setCounted() {
      uncounted.clear();
    },
  };
}

/** For the first installation on a machine, whose image may be of an instance whose drain gave up: it would count that stop again. */
export function forgetForcedStop(places: readonly string[] = FORCED_STOP_MARKS): void {
  markFiles(places).clear();
  uncountedMark(places).clear();
}

function uncountedMark(places: readonly string[]) {
  return markFiles(places.map((place) => `${place}-uncounted`));
}
