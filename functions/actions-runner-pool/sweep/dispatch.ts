import type { FinalSweepResult } from "../../../contract/actions-runner-pool/final-sweep";
import type { ReadinessResult } from "../../../contract/actions-runner-pool/readiness";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { Observer } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import type { RegistrationPorts, RegistrationSettings } from "../shared/registration";
import { sweepBundles, type BundleSweepPorts } from "./bundle-sweep";
import { cancelRunningRefresh, type CancelRefreshPorts } from "./cancel-refresh";
import { checkDestroy, type DestroyCheckPorts } from "./destroy-check";
import { finalSweep } from "./final-sweep";
import type { SweepPorts, SweepSettings } from "./ports";
import { readiness, type ReadinessPorts } from "./readiness";
import { sweep } from "./sweep";
import { sweepTrigger } from "./trigger";

export interface DispatchSettings extends Pick<RegistrationSettings, "pool" | "names"> {
  /** Read only for a scheduled sweep: a mistake in them must not fail the deletion of the stack. */
  scheduled(): Pick<SweepSettings, "maxDrainSeconds" | "refreshPreferences" | "runnerVersion"> & Pick<RegistrationSettings, "hostRoleId">;
}

/** Runs the sweep that the trigger requires. Only the final sweep and the look at a new pool have a result. */
export async function dispatchSweep(
  event: unknown,
  ports: SweepPorts & RegistrationPorts & DestroyCheckPorts & ReadinessPorts & CancelRefreshPorts & BundleSweepPorts,
  { pool, names, scheduled }: DispatchSettings,
  observer: Observer,
): Promise<FinalSweepResult | ReadinessResult | undefined> {
  const trigger = sweepTrigger(event, pool);
  switch (trigger.kind) {
    case "final":
      return finalSweep(ports, { names }, observer);
    case "destroy-check":
      await checkDestroy(ports, { names }, observer);
      return undefined;
    case "cancel-refresh":
      await cancelRunningRefresh(ports, { names }, observer);
      return undefined;
    case "sweep-bundles":
      await sweepBundles(ports, trigger, observer);
      return undefined;
    case "readiness":
      return readiness(ports, { names });
    case "nothing":
      observer.log.info("nothing to do", { reason: trigger.reason });
      return undefined;
    case "schedule": {
      const settings = { pool, names, ...scheduled() };
      await within(ports.clock, "the sweep", TIMING.sweepBound * 1000, (signal) => sweep(ports, settings, observer, signal));
      return undefined;
    }
  }
}
