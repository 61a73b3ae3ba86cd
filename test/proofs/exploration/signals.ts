/** The effect of signals on the runner. */
import { changed } from "./changed";
import { accepted, breakPromise, listenerHasJob, requeued } from "./model";
import type { ModelState } from "./state";

/** SIGINT to the listener. A job that it has accepted is cancelled; one that it has not accepted is re-queued. */
export function interrupted(w: ModelState, by: string): ModelState {
  if (w.listener === null || w.listener.phase === "closing") return w;
  const closing: ModelState = changed(w, { jobs: w.jobs + requeued(w), listener: { ...w.listener, phase: "closing" } });
  if (!listenerHasJob(w) || w.forced) return closing;
  return breakPromise(closing, `signalled: ${by} cancels an accepted job (${w.listener.phase})`);
}

/** SIGKILL to everything in the unit's cgroup. */
export function killAll(w: ModelState, by: string): ModelState {
  const killed: ModelState = changed(w, {
    jobs: w.jobs + requeued(w),
    listener: null,
    orphans: 0,
    ghosts: 0,
    supervisor: false,
    relaunch: false,
  });
  return accepted(w) && !w.forced ? breakPromise(killed, `signalled: ${by} kills an accepted job`) : killed;
}
