import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import type { PoolSettings } from "./settings";

export type FunctionKey = "register" | "deregister" | "sweep";

/** What makes one function differ from the others. */
export interface FunctionSettings {
  functionName: string;
  description: string;
  /** MB. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  /** Lambda's own, of an asynchronous invocation. */
  retries: number;
  /** Seconds for which an asynchronous invocation is worth trying. */
  maximumEventAge: number;
}

export function functionSettings({ names, poolName, launchTimeout }: PoolSettings): Record<FunctionKey, FunctionSettings> {
  return {
    register: {
      functionName: names.registerFunction,
      description: `${poolName}: gives an instance on its way into service a registration token`,
      memorySize: 256,
      timeout: TIMING.eventFunctionTimeout,
      retries: 2,
      maximumEventAge: launchEventAge(launchTimeout),
    },
    deregister: {
      functionName: names.deregisterFunction,
      description: `${poolName}: hurries a drain, and cleans up after an instance that is gone`,
      memorySize: 256,
      timeout: TIMING.eventFunctionTimeout,
      retries: 2,
      maximumEventAge: TIMING.invokeEventAge,
    },
    sweep: {
      functionName: names.sweepFunction,
      description: `${poolName}: finds what events have missed`,
      memorySize: 512,
      timeout: TIMING.sweepTimeout,
      // The next sweep is the retry.
      retries: 0,
      maximumEventAge: TIMING.sweepInterval,
    },
  };
}
