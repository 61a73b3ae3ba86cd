import { CompleteLifecycleActionCommand } from "@aws-sdk/client-auto-scaling";
import { NO_ACTIVE_ACTION } from "../../../contract/aws/lifecycle";
import type { AutoScaling } from "./clients";

export interface LifecycleAction {
  group: string;
  hook: string;
  instanceId: string;
  /** If absent, the action of this hook that the instance is in. */
  token?: string;
}

/** `none`: the action is already completed, by a duplicate of the event or by the host. This is a success. */
export async function continueAction(client: AutoScaling, action: LifecycleAction): Promise<"continued" | "none"> {
  try {
    await client.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName: action.group,
        LifecycleHookName: action.hook,
        InstanceId: action.instanceId,
        LifecycleActionToken: action.token,
        LifecycleActionResult: "CONTINUE",
      }),
    );
    return "continued";
  } catch (error) {
    // The service's model has no code for this: only the text distinguishes it from a real validation error.
    if (error instanceof Error && error.message.startsWith(NO_ACTIVE_ACTION)) return "none";
    throw error;
  }
}
