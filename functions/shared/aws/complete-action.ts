import { CompleteLifecycleActionCommand } from "@aws-sdk/client-auto-scaling";
import { NO_ACTIVE_ACTION } from "../../../contract/aws/lifecycle";
import type { AutoScaling } from "./clients";

export interface LifecycleAction {
  group: string;
  hook: string;
  instanceId: string;
  /** Absent: whatever action of this hook the instance is in. */
  token?: string;
}

/** `none`: completed already, by a duplicate of the event or by the host; the aim is reached. */
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
    // Not in the service's model: only the text tells it from a real validation error.
    if (error instanceof Error && error.message.startsWith(NO_ACTIVE_ACTION)) return "none";
    throw error;
  }
}
