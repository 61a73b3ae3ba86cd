import type { FinalSweepInput } from "./final-sweep";

/**
 * How an instance refresh brings a new version of the launch template to the instances. The provider starts one when the
 * template changes, and the sweep when that was not possible or has failed: both with the same preferences.
 */
export interface RefreshPreferences {
  /** Percentage of the desired capacity. */
  minHealthyPercentage: number;
  /** Percentage of the desired capacity. */
  maxHealthyPercentage: number;
  scaleInProtectedInstances: "Wait" | "Refresh" | "Ignore";
  standbyInstances: "Wait";
  /** Leaves instances alone that already have the group's template and instance types. */
  skipMatching: boolean;
  /** Seconds. */
  instanceWarmup: number;
}

/**
 * Input of the invocation that precedes each update of the group that starts an instance refresh. It must differ whenever
 * the provider would start one, and only then.
 */
export interface RefreshCancelInput extends FinalSweepInput {
  task: "cancel-refresh";
  /** The group's launch template or mixed instances policy: what makes the provider start a refresh if it changes. */
  template: unknown;
}

/** Scaling process that an operator suspends to keep instances on their launch template: neither AWS nor the sweep then replaces any. */
export const REFRESH_PROCESS = "InstanceRefresh";
