import { TRANSITION, type Transition } from "../../contract/aws/lifecycle";
import type { PoolSettings } from "./settings";

export interface LifecycleHook {
  name: string;
  lifecycleTransition: Transition;
  /** Seconds. */
  heartbeatTimeout: number;
  defaultResult: "ABANDON";
}

/** Both fail closed: an instance that is not ready is replaced; one that stops sending heartbeats is retained or terminated. */
export function lifecycleHooks({ names, launchTimeout, drain }: PoolSettings): Record<"launch" | "terminate", LifecycleHook> {
  return {
    launch: {
      name: names.launchHook,
      lifecycleTransition: TRANSITION.launching,
      heartbeatTimeout: launchTimeout,
      defaultResult: "ABANDON",
    },
    terminate: {
      name: names.terminateHook,
      lifecycleTransition: TRANSITION.terminating,
      heartbeatTimeout: drain.heartbeatTimeout,
      defaultResult: "ABANDON",
    },
  };
}

/** What happens to an instance whose terminate hook is abandoned because its heartbeats failed. */
export function onAbandon({ drain }: PoolSettings): "retain" | "terminate" {
  return drain.retainOnAbandon ? "retain" : "terminate";
}
