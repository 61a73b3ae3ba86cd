/** Decides the daemon's next action from one observation. Pure: every rule about starting and stopping the unit is here. */
import type { TargetState } from "../../../contract/aws/lifecycle";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { UnitState } from "../../shared/unit-state";
import { isRunning, isStopped } from "../../shared/unit-state";
import { entersPool, isTerminating } from "./target-state";

export interface Observation {
  /** The last target state that the metadata returned; undefined before the first, or if there is none yet. */
  target: TargetState | undefined;
  /** As sinceRenewal returns it. */
  unit: UnitState;
  /** The runner is configured, so config.sh need not run. */
  registered: boolean;
  /** A listener was started on this instance, in this boot or an earlier one, so config.sh may be a job's. */
  served: boolean;
  /** The instance has left service for the warm pool, and has not begun to register anew. */
  returning: boolean;
  /** The warm pool takes instances back, so a launch may be that of a machine that has served. */
  reuse: boolean;
  /** The state from DescribeAutoScalingInstances; undefined if not read since the target changed, or outdated. */
  lifecycle: LifecycleState | undefined;
  /** No completion was started in the last seconds. */
  completionDue: boolean;
  /** The last registration failed less than a minute ago. */
  registrationPaused: boolean;
  /** The runner must take no job for now, for example in standby. */
  mustPause: boolean;
  /** This agent paused the runner and has not started it again. */
  paused: boolean;
}

export type Action =
  | "nothing"
  | "stop-runner"
  | "pause-runner"
  | "end-pause"
  | "await-drain"
  | "complete"
  | "renew"
  | "end-return"
  | "look-up-state"
  | "register"
  | "continue-launch"
  | "start-runner";

export function decide(seen: Observation): Action {
  // A return to the warm pool ends a service just as a termination does.
  if (isTerminating(seen.target) || isReturning(seen)) return decideEnd(seen);
  if (seen.mustPause) return isRunning(seen.unit) ? "pause-runner" : "nothing";
  if (seen.paused && isRunning(seen.unit)) return "end-pause";
  // Once per boot is enough: systemd restarts a listener that exits, and what an operator stopped stays stopped.
  if ((seen.unit.everStarted && !seen.paused && !seen.returning) || !isStopped(seen.unit)) return "nothing";
  return decideLaunch(seen);
}

/** A machine that only prepares for the warm pool has neither a registration nor a past. */
export function isReturning({ target, served, registered }: Pick<Observation, "target" | "served" | "registered">): boolean {
  return entersPool(target) && (served || registered);
}

/** A machine that was renewed counts as one whose unit never ran: it registers and starts again in the same boot. */
export function sinceRenewal(unit: UnitState, { served }: Pick<Observation, "served">): UnitState {
  return served ? unit : { ...unit, everStarted: false };
}

function decideEnd({ unit, completionDue }: Observation): Action {
  if (isRunning(unit)) return "stop-runner";
  if (!isStopped(unit)) return "await-drain";
  return completionDue ? "complete" : "nothing";
}

function decideLaunch(seen: Observation): Action {
  const { target, lifecycle } = seen;
  if (target === "Standby" || target === "Detached") return "nothing";
  if (lifecycle === undefined) return "look-up-state";
  const intoPool = target?.startsWith("Warmed:") ?? lifecycle.startsWith("Warmed:");
  if (intoPool) return decidePoolEntry(lifecycle);
  if (lifecycle !== "Pending:Wait" && lifecycle !== "InService") return "look-up-state";
  if (mustRenew(seen)) return seen.completionDue ? "renew" : "nothing";
  if (seen.returning) return "end-return";
  // In service, too: someone else may have continued the launch. But once it has served, a job may have removed the
  // configuration, and registering again would start its config.sh and give it a token.
  if (!seen.registered && !seen.served) return seen.registrationPaused ? "nothing" : "register";
  if (lifecycle === "Pending:Wait") return "continue-launch";
  return seen.registered ? "start-runner" : "nothing";
}

/**
 * Whether the machine was not renewed when it returned: the completion was cut short or failed, or someone else completed
 * the action before any program of this machine saw the return. Then a launch of a machine that has served is the only
 * trace, unless the runner was paused: it may come out of standby.
 */
function mustRenew({ lifecycle, served, registered, returning, reuse, paused }: Observation): boolean {
  if (returning) return served || registered;
  return reuse && served && lifecycle === "Pending:Wait" && !paused;
}

/** An instance in the warm pool only needs to be installed; it registers when it is called into service. */
function decidePoolEntry(lifecycle: LifecycleState): Action {
  switch (lifecycle) {
    case "Warmed:Pending:Wait":
      return "continue-launch";
    case "Warmed:Running":
    case "Warmed:Stopped":
    case "Warmed:Hibernated":
      return "nothing";
    default:
      return "look-up-state";
  }
}
