import type { ModelState } from "./state";

/**
 * A copy of the state with changes. Not by a spread: to V8 the results of two spreads are of two shapes, also if both copy
 * states of one shape, and code that gets states of more than four shapes reads and copies them several times slower.
 */
export function changed(w: ModelState, changes: Partial<ModelState>): ModelState {
  const to: ModelState = {
    v1: w.v1,
    jobs: w.jobs,
    registered: w.registered,
    listed: w.listed,
    listener: w.listener,
    generation: w.generation,
    announcement: w.announcement,
    announcementAge: w.announcementAge,
    message: w.message,
    orphans: w.orphans,
    ghosts: w.ghosts,
    main: w.main,
    supervisor: w.supervisor,
    relaunch: w.relaunch,
    unit: w.unit,
    everStarted: w.everStarted,
    stopping: w.stopping,
    again: w.again,
    fence: w.fence,
    fenceWorks: w.fenceWorks,
    drain: w.drain,
    reap: w.reap,
    completion: w.completion,
    daemon: w.daemon,
    heartbeatDue: w.heartbeatDue,
    forced: w.forced,
    uncounted: w.uncounted,
    leaving: w.leaving,
    returns: w.returns,
    renewed: w.renewed,
    hook: w.hook,
    shown: w.shown,
    silent: w.silent,
    retainedFor: w.retainedFor,
    idleFor: w.idleFor,
    terminatedEvent: w.terminatedEvent,
    outage: w.outage,
    outageSinceBeat: w.outageSinceBeat,
    shutdown: w.shutdown,
    pause: w.pause,
    faults: w.faults,
    gone: w.gone,
    broken: w.broken,
  };
  return Object.assign(to, changes);
}
