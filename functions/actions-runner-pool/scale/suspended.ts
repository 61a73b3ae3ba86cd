import { WaitCause } from "../../../contract/workflow-jobs/ledger";
import type { WaitingJob } from "../../shared/demand/source";
import type { Decision, FleetInstance } from "./policy/types";

/**
 * The part of a decision that the group's processes allow. An operator who has suspended Launch or Terminate has a reason, and a raise
 * would take effect at the moment of the resumption.
 *
 * @param suspended names of the suspended processes.
 * @returns the decision without what they forbid; `held` says so.
 */
export function allowed(
  decision: Decision,
  suspended: readonly string[],
  waiting: readonly WaitingJob[],
  instances: readonly FleetInstance[],
): Decision {
  const { desired, terminate, held, causes, ...rest } = decision;
  const mayLaunch = !suspended.includes("Launch");
  const mayTerminate = !suspended.includes("Terminate");
  const reasons = [
    ...(held === undefined ? [] : [held]),
    ...(mayLaunch || desired === undefined ? [] : ["the process Launch is suspended; resume it to let the pool grow"]),
    ...(mayTerminate || terminate.length === 0 ? [] : ["the process Terminate is suspended; resume it to let the pool shrink"]),
  ];
  return {
    ...rest,
    ...(mayLaunch && desired !== undefined ? { desired } : {}),
    terminate: mayTerminate ? terminate : [],
    ...(reasons.length === 0 ? {} : { held: reasons.join("; ") }),
    causes: mayLaunch ? causes : withoutLaunches(causes, waiting, instances),
  };
}

/** The oldest jobs wait for the instances that boot already. For the others nothing boots. */
function withoutLaunches(
  causes: Decision["causes"],
  waiting: readonly WaitingJob[],
  instances: readonly FleetInstance[],
): Decision["causes"] {
  const booting = instances.filter(({ phase }) => phase === "booting").length;
  const waitsForLaunch = waiting.filter(({ id }) => causes[id] === WaitCause.Booting).slice(booting);
  return { ...causes, ...Object.fromEntries(waitsForLaunch.map(({ id }) => [id, WaitCause.LaunchFailing])) };
}
