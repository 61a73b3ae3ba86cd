import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import type { PoolSettings } from "./settings";

export type FunctionKey = "register" | "deregister" | "sweep";

/** The settings in which the functions differ. */
export interface FunctionSettings {
  functionName: string;
  description: string;
  /** MB. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  /** Lambda's own retries of an asynchronous invocation. */
  retries: number;
  /** Seconds for which Lambda retries an asynchronous invocation. */
  maximumEventAge: number;
}

export function functionSettings({ names, poolName, launchTimeout }: PoolSettings): Record<FunctionKey, FunctionSettings> {
  return {
    register: {
      functionName: names.registerFunction,
      description: `${poolName}: provides a registration token for an instance that is entering service`,
      memorySize: 256,
      timeout: TIMING.eventFunctionTimeout,
      retries: 2,
      maximumEventAge: launchEventAge(launchTimeout),
    },
    deregister: {
      functionName: names.deregisterFunction,
      description: `${poolName}: speeds up a drain, and cleans up after a terminated instance`,
      memorySize: 256,
      timeout: TIMING.eventFunctionTimeout,
      retries: 2,
      maximumEventAge: TIMING.invokeEventAge,
    },
    sweep: {
      functionName: names.sweepFunction,
      description: `${poolName}: handles what events missed`,
      memorySize: 512,
      timeout: TIMING.sweepTimeout,
      // The next sweep is the retry.
      retries: 0,
      maximumEventAge: TIMING.sweepInterval,
    },
  };
}
