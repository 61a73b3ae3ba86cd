import { PERSISTENT_TIMING as TIMING } from "../../contract/persistent-runner/timing";
import { type FunctionSettings, SHORTEST_EVENT_AGE } from "../shared/function-settings";
import type { PersistentRunnerSettings } from "./settings";

export type FunctionKey = "control" | "reap";

export function functionSettings({ names, persistentRunnerName: name }: PersistentRunnerSettings): Record<FunctionKey, FunctionSettings> {
  return {
    control: {
      functionName: names.controlFunction,
      description: `${name}: starts and stops the machine for a workflow, and provisions it`,
      memorySize: 512,
      timeout: TIMING.controlTimeout,
      retries: 0,
      maximumEventAge: SHORTEST_EVENT_AGE,
    },
    reap: {
      functionName: names.reapFunction,
      description: `${name}: stops what no run holds, and handles what was lost`,
      memorySize: 256,
      timeout: 60,
      // The next pass is the retry.
      retries: 0,
      maximumEventAge: TIMING.reapInterval,
    },
  };
}
