import type { DestroyPlan, FinalSweepResult } from "../../../contract/actions-runner-pool/final-sweep";
import type { ReadinessResult } from "../../../contract/actions-runner-pool/readiness";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { Observer } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import type { RegistrationPorts, RegistrationSettings } from "../shared/registration";
import { sweepBundles, type BundleSweepPorts } from "./bundle-sweep";
import { cancelRunningRefresh, type CancelRefreshPorts } from "./cancel-refresh";
import { checkDestroy, type DestroyCheckPorts, planDestroy } from "./destroy-check";
import type { FailedLaunchPorts } from "./failed-launches";
import { finalSweep } from "./final-sweep";
import type { LaunchConsolePorts } from "./launch-consoles";
import type { SweepPorts, SweepSettings } from "./ports";
import { readiness, type ReadinessPorts } from "./readiness";
import { sweep } from "./sweep";
import { sweepTrigger } from "./trigger";

export interface DispatchSettings extends Pick<RegistrationSettings, "pool" | "names"> {
  /** Read only by a scheduled sweep, and before a deletion: the check tolerates a mistake in it, the operator's question fails. */
  maxDrainSeconds(): number;
  /** Read only by a scheduled sweep: a mistake in them must fail neither the deletion of the stack nor the question before it. */
  scheduled(): Pick<SweepSettings, "refreshPreferences" | "runnerVersion"> & Pick<RegistrationSettings, "hostRoleId">;
}

/** What any of the sweep's triggers may need. */
export type DispatchPorts = SweepPorts &
  RegistrationPorts &
  DestroyCheckPorts &
  FailedLaunchPorts &
  LaunchConsolePorts &
  ReadinessPorts &
  CancelRefreshPorts &
  BundleSweepPorts;

/** Runs the sweep that the trigger requires. Only the final sweep, the plan of a destroy and the readiness check have a result. */
export async function dispatchSweep(
  event: unknown,
  ports: DispatchPorts,
  { pool, names, maxDrainSeconds, scheduled }: DispatchSettings,
  observer: Observer,
): Promise<FinalSweepResult | DestroyPlan | ReadinessResult | undefined> {
  const destroy = { names, maxDrainSeconds };
  const trigger = sweepTrigger(event, pool);
  switch (trigger.kind) {
    case "final":
      return finalSweep(ports, { names }, observer);
    case "destroy-check":
      await checkDestroy(ports, destroy, observer);
      return undefined;
    case "cancel-refresh":
      await cancelRunningRefresh(ports, { names }, observer);
      return undefined;
    case "sweep-bundles":
      await sweepBundles(ports, trigger, observer);
      return undefined;
    case "readiness":
      return readiness(ports, { names });
    case "destroy-plan":
      return planDestroy(ports, destroy);
    case "nothing":
      observer.log.info("nothing to do", { reason: trigger.reason });
      return undefined;
    case "schedule": {
      const settings = { pool, names, maxDrainSeconds: maxDrainSeconds(), ...scheduled() };
      await within(ports.clock, "the sweep", TIMING.sweepBound * 1000, (signal) => sweep(ports, settings, observer, signal));
      return undefined;
    }
  }
}
