import type { DemandSettings } from "../../../contract/actions-runner-pool/demand";
import { ENV } from "../../../contract/actions-runner-pool/environment";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { type Environment, required } from "../../shared/lambda/environment";
import type { ScaleSettings } from "./ports";
import { scheduledFloor } from "./schedules";

/** Name or ARN of the ledger's table. */
export function ledgerTable(environment: Environment = process.env): string {
  return required(environment, ENV.workflowJobsTable);
}

/** @throws Error if the variable is absent, or not what the component of this release sets. */
export function scalingSettings(environment: Environment = process.env): Pick<ScaleSettings, "scaling" | "scheduledFloor"> {
  const { idleTimeout, minIdle, schedules } = demandSettings(required(environment, ENV.demand));
  return {
    scaling: {
      idleTimeout: idleTimeout * 1000,
      minIdle,
      staleAfter: DEMAND_TIMING.staleAfter * 1000,
      notAssignedAfter: DEMAND_TIMING.notAssignedAfter * 1000,
    },
    scheduledFloor: (now) => scheduledFloor(schedules, now),
  };
}

function demandSettings(value: string): DemandSettings {
  let settings: Partial<DemandSettings> | null = null;
  try {
    settings = JSON.parse(value) as Partial<DemandSettings> | null;
  } catch {
    // Reported below, like any other value.
  }
  const { idleTimeout, minIdle, schedules } = settings ?? {};
  // The component has checked the values. Without these, times would be NaN and an instance would leave as soon as it idles.
  if (!Number.isFinite(idleTimeout) || !Number.isFinite(minIdle) || !Array.isArray(schedules)) {
    throw new Error(`${ENV.demand} is "${value}": must be JSON with idleTimeout, minIdle and schedules; deploy the pool again`);
  }
  return settings as DemandSettings;
}
