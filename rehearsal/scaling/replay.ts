import type { Run } from "./load";

/** A job of a day on which none waits: what the bounds are computed from. */
export interface Interval {
  from: number;
  to: number;
  /** Number of its wave in its run, from 1: so many waits may have delayed it, its own included. */
  wave: number;
}

/** When each job would run if each found an idle runner at once. */
export function replayWithoutWaits(runs: readonly Run[]): Interval[] {
  return runs.flatMap(intervalsOf);
}

function intervalsOf({ at, waves, cancelledAfter = Infinity, rerun }: Run): Interval[] {
  const cancelledAt = at + cancelledAfter;
  const intervals: Interval[] = [];
  let begins = at;
  const replay = (jobs: Run["waves"][number], wave: number) => {
    const open = jobs
      .map(({ offset, duration }) => ({ from: begins + offset, to: Math.min(cancelledAt, begins + offset + duration), wave }))
      .filter(({ from }) => from < cancelledAt);
    intervals.push(...open);
    begins = Math.max(begins, ...jobs.map(({ offset, duration }) => begins + offset + duration));
  };
  for (const [index, jobs] of waves.entries()) if (begins < cancelledAt) replay(jobs, index + 1);
  if (rerun) {
    begins += rerun.after;
    replay(rerun.jobs, waves.length + 1);
  }
  return intervals;
}
