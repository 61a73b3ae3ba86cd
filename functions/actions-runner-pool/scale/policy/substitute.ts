import type { WaitingJob } from "../../../shared/demand/source";
import type { Memory } from "./types";

/** Milliseconds until a job may cause another substitute: as long as it has waited, within these limits. */
const SHORTEST_PAUSE = 15 * 60_000;
const LONGEST_PAUSE = 60 * 60_000;

type Due = NonNullable<Memory["substituteDue"]>;

export interface Substitute {
  /** Whether one is needed now. */
  needed: boolean;
  /** For the memory, once it has been requested. */
  requested: Due;
  /** For the memory, if it was not. */
  before: Due;
}

/**
 * One launch for a runner that idles and takes no job. Without it such a runner would count as the one that the job waits for, until
 * someone looks. When the substitute has taken the job, the other has idled longest and leaves. Some jobs GitHub assigns to no runner
 * at all: for those it ignores the substitute, too, so that further ones come rarely. They come one at a time, each for the oldest
 * such job.
 *
 * @param ignored jobs that no idle runner takes.
 * @param hopeful whether an instance may yet take one: it boots, or has not idled for long.
 * @param waiting all jobs that wait.
 */
export function substitute(
  ignored: readonly WaitingJob[],
  hopeful: boolean,
  waiting: readonly WaitingJob[],
  due: Due = {},
  now: number,
): Substitute {
  const before: Due = Object.fromEntries(waiting.flatMap(({ id }) => (due[id] === undefined ? [] : [[id, due[id]]])));
  // The oldest gets the next runner.
  const job = ignored.find(({ id }) => now >= (before[id] ?? 0));
  if (hopeful || job === undefined) return { needed: false, requested: before, before };
  const pause = Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, now - job.since));
  return { needed: true, requested: { ...before, [job.id]: now + pause }, before };
}
