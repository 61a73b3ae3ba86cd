/** Decides the daemon's next action from one observation. Pure: every rule about starting and stopping the unit is here. */
import type { TargetState } from "../../../contract/aws/lifecycle";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { UnitState } from "../../shared/unit-state";
import { isRunning, isStopped } from "../../shared/unit-state";
import { isTerminating } from "./target-state";

export interface Observation {
  /** The last target state that the metadata returned; undefined before the first, or if there is none yet. */
  target: TargetState | undefined;
  unit: UnitState;
  /** The runner is configured, so config.sh need not run. */
  registered: boolean;
  /** A listener was started on this instance, in this boot or an earlier one, so config.sh may be a job's. */
  served: boolean;
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
  | "look-up-state"
  | "register"
  | "continue-launch"
  | "start-runner";

export function decide(seen: Observation): Action {
  if (isTerminating(seen.target)) return decideTermination(seen);
  if (seen.mustPause) return isRunning(seen.unit) ? "pause-runner" : "nothing";
  if (seen.paused && isRunning(seen.unit)) return "end-pause";
  // Once per boot is enough: systemd restarts a listener that exits, and what an operator stopped stays stopped.
  if ((seen.unit.everStarted && !seen.paused) || !isStopped(seen.unit)) return "nothing";
  return decideLaunch(seen);
}

function decideTermination({ unit, completionDue }: Observation): Action {
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
  // In service, too: someone else may have continued the launch. But once it has served, a job may have removed the
  // configuration, and registering again would start its config.sh and give it a token.
  if (!seen.registered && !seen.served) return seen.registrationPaused ? "nothing" : "register";
  if (lifecycle === "Pending:Wait") return "continue-launch";
  return seen.registered ? "start-runner" : "nothing";
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
