import type { LifecycleState } from "../../../../contract/aws/lifecycle";

type ActionResult = "CONTINUE" | "ABANDON";

/** Calls to EC2 Auto Scaling about this one instance. Each has a timeout and rejects with the SDK's error. */
export interface LifecycleActions {
  /** Undefined if the instance belongs to no group. */
  lifecycleState(): Promise<LifecycleState | undefined>;
  /** `done`: completed now. `none`: there was no active action, so another caller completed it or it expired. */
  complete(hook: string, result: ActionResult): Promise<"done" | "none">;
  heartbeat(hook: string): Promise<"done" | "none">;
}
