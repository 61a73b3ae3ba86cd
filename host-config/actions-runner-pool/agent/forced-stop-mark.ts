/** The mark of a forced stop, in folders that only root can write. It survives processes; the next start of the runner clears it. */
import { FORCED_STOP_MARKS } from "../../../contract/actions-runner-pool/host";
import { markFiles } from "./mark-files";
import type { ForcedStopMark } from "./ports/forced-stop-mark";

export function forcedStopMark(places: readonly string[] = FORCED_STOP_MARKS): ForcedStopMark {
  const forced = markFiles(places);
  const reported = markFiles(places.map((place) => `${place}-reported`));
  return {
    async set() {
      forced.set();
    },
    async isSet() {
      return forced.isSet();
    },
    async setReported() {
      reported.set();
    },
    async isReported() {
      return reported.isSet();
    },
    async clear() {
      forced.clear();
      reported.clear();
    },
  };
}
