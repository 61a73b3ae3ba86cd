import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import type { FunctionSettings } from "../shared/function-settings";
import type { PoolSettings } from "./settings";

export type FunctionKey = "register" | "deregister" | "sweep";

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
