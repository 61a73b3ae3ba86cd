import { AwsError, type Shape } from "../aws/api";
import { refreshParams } from "./group-params";
import { type GroupContext, waitUntil } from "./group-waits";
import type { Properties } from "./values";

/** The provider's constants, which no timeout of the program changes: for the end of a cancellation, and for a start. */
const CANCELLED_MS = 15 * 60_000;
const START_MS = CANCELLED_MS;

/**
 * Starts the refresh without waiting for it. One already in progress is cancelled first, with AWS's default: the
 * cancellation waits for instances in transition, and so for the drains of those that the first refresh replaced.
 */
export async function startRefresh(given: Properties, context: GroupContext): Promise<void> {
  const what = `starting Auto Scaling Group (${given.name}) instance refresh`;
  await waitUntil(context, what, START_MS, async () => {
    try {
      await context.autoscaling.call("StartInstanceRefresh", refreshParams(given));
      return { done: true, seen: "" };
    } catch (error) {
      if (!isError(error, "InstanceRefreshInProgress")) throw error;
      await cancelRefresh(given.name, context).catch((problem: Error) => {
        throw new Error(`${what}: ${problem.message}`);
      });
      return { done: false, seen: error.message };
    }
  });
}

async function cancelRefresh(name: string, context: GroupContext): Promise<void> {
  let id: unknown;
  try {
    id = (await context.autoscaling.call("CancelInstanceRefresh", { AutoScalingGroupName: name })).InstanceRefreshId;
  } catch (error) {
    if (isError(error, "ActiveInstanceRefreshNotFound")) return;
    throw new Error(`cancelling Auto Scaling Group (${name}) instance refresh: ${(error as Error).message}`);
  }
  await waitUntil(context, `waiting for Auto Scaling Group (${name}) instance refresh cancel`, CANCELLED_MS, async () => {
    const reply = await context.autoscaling.call("DescribeInstanceRefreshes", { AutoScalingGroupName: name, InstanceRefreshIds: [id] });
    const [refresh] = (reply.InstanceRefreshes as Shape[] | undefined) ?? [];
    const status = String(refresh?.Status);
    return { done: /^(Cancelled|Failed|Successful)$/.test(status), seen: `its status is ${status}` };
  });
}

function isError(error: unknown, code: string): error is AwsError {
  return error instanceof AwsError && error.code.startsWith(code);
}
