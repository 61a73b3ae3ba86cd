/**
 * The scaling policy: what the queue, the floors and the limits ask of the group now. Pure: the function and the simulation run the
 * same bytes. Each rule has a file; this one puts them together.
 *
 * - Out at once: the desired capacity is raised until each waiting job has a runner that idles or boots. It is never lowered.
 * - A runner that idles while a job waits beside it gets a substitute: it may be in service and not online.
 * - In by idle time: instances that idled for `idleTimeout` are terminated one by one, each with a decrement.
 * - Without news of the queue nothing is taken away, and only jobs that were confirmed lately cause launches.
 */
import { nextBackoff, pausesLaunches } from "./backoff";
import { waitCauses } from "./causes";
import { clocks } from "./clocks";
import { hedge } from "./hedge";
import { ignoredJobs } from "./ignored";
import { runnableJobs } from "./runnable";
import { longestIdle } from "./scale-in";
import { sizes } from "./sizes";
import { staleness } from "./staleness";
import { substitute } from "./substitute";
import { countRunners } from "./supply";
import type { Decision, ScalingSettings, ScalingState } from "./types";

export function decide(state: ScalingState, settings: ScalingSettings, now: number): Decision {
  const { demand, fleet, memory } = state;
  const stale = staleness(demand, settings.staleAfter, now);
  const runnable = runnableJobs(demand.waiting, stale !== undefined, settings.staleAfter, now);
  const runners = countRunners(demand.running, fleet);
  const idleSince = clocks(memory.idleSince, runners.idle, now);
  const unnamedSince = clocks(memory.unnamedSince, runners.unnamed, now);
  const ignored = ignoredJobs(runnable, runners, idleSince, unnamedSince, settings, now);
  // While the queue is not known, such a job may have ended long ago.
  const hopeful =
    runners.booting > 0 ||
    fleet.desired > runners.present ||
    Object.values(idleSince).some((since) => now - since <= settings.notAssignedAfter);
  const instead = substitute(stale === undefined ? ignored : [], hopeful, demand.waiting, runners.working, memory, now);
  const extra = hedge(Math.max(0, runnable.length - runners.free));
  const { wanted, target: needed } = sizes(state, settings.minIdle, runners.busy + runnable.length, extra);
  const target = instead.needed ? Math.min(fleet.maxSize, Math.max(needed, fleet.desired + 1)) : needed;

  const backoff = nextBackoff(memory.backoff, fleet, now);
  const paused = pausesLaunches(memory.backoff, backoff, now);
  const short = target > fleet.desired;
  const desired = short && !paused ? target : undefined;

  const spare = Math.min(runners.free - runnable.length, Math.min(fleet.desired, runners.present) - wanted);
  const terminate = stale === undefined ? longestIdle(idleSince, settings.idleTimeout, now).slice(0, Math.max(0, spare)) : [];

  const starting = runners.booting + Math.max(0, (desired ?? fleet.desired) - runners.present);
  const causes = waitCauses({ waiting: demand.waiting, runnable, runners, ignored, starting, failing: backoff !== undefined });
  // If the group is at its maximum, or launches fail, a later pass asks for it.
  const substitutes = desired !== undefined ? instead.requested : instead.before;
  const held = [stale, short && paused ? launchesPaused(fleet.lastFailure) : undefined].filter((reason) => reason !== undefined);
  return {
    ...(desired === undefined ? {} : { desired }),
    terminate,
    wanted,
    ...(held.length === 0 ? {} : { held: held.join("; ") }),
    causes,
    memory: { idleSince, unnamedSince, ...(backoff ? { backoff } : {}), ...substitutes },
  };
}

function launchesPaused(lastFailure: string | undefined): string {
  return lastFailure === undefined ? "launches fail" : `launches fail: ${lastFailure}`;
}
