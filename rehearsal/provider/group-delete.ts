import { AwsError, type Shape } from "../aws/api";
import { describeGroup, type GroupContext, instances, isMissing, waitUntil, whenNotBusy } from "./group-waits";
import type { Properties } from "./values";

/** Seconds that the real provider allows for a deletion when the program sets no timeout. */
const DEFAULT_DELETE_SECONDS = 600;
/** Maximum number of instances in one SetInstanceProtection call. */
const PROTECTION_BATCH = 50;

/**
 * Deletes a group as the real provider does: empty the warm pool and delete it, set all sizes to 0, remove scale-in
 * protection from the instances that had it when the deletion began, wait until the last instance has passed its
 * lifecycle hooks and terminated, delete the group.
 */
export async function deleteGroup(name: string, state: Properties, context: GroupContext): Promise<void> {
  const timeoutMs = (context.timeoutSeconds || DEFAULT_DELETE_SECONDS) * 1000;
  const group = await describeGroup(context, name);
  if (!group) return;
  const force = state.forceDelete === true;
  if (group.WarmPoolConfiguration !== undefined)
    await deleteWarmPool(name, force || state.forceDeleteWarmPool === true, timeoutMs, context);
  if (!force) await drainGroup(name, group, timeoutMs, context);
  await whenNotBusy(context, `deleting Auto Scaling Group (${name})`, timeoutMs, () =>
    context.autoscaling.call("DeleteAutoScalingGroup", { AutoScalingGroupName: name, ForceDelete: force }).catch(unlessMissing),
  );
  await waitUntil(context, `waiting for Auto Scaling Group (${name}) delete`, timeoutMs, async () => ({
    done: (await describeGroup(context, name)) === undefined,
    seen: "the group still exists",
  }));
}

async function drainGroup(name: string, group: Shape, timeoutMs: number, context: GroupContext): Promise<void> {
  await context.autoscaling.call("UpdateAutoScalingGroup", { AutoScalingGroupName: name, DesiredCapacity: 0, MinSize: 0, MaxSize: 0 });
  const protectedIds = instances(group)
    .filter((instance) => instance.ProtectedFromScaleIn === true)
    .map((instance) => instance.InstanceId);
  for (let start = 0; start < protectedIds.length; start += PROTECTION_BATCH) {
    await context.autoscaling
      .call("SetInstanceProtection", {
        AutoScalingGroupName: name,
        InstanceIds: protectedIds.slice(start, start + PROTECTION_BATCH),
        ProtectedFromScaleIn: false,
      })
      .catch((error: unknown) => {
        if (error instanceof AwsError && error.message.includes("not part of Auto Scaling group")) return;
        throw new Error(`disabling Auto Scaling Group (${name}) scale-in protections: ${(error as Error).message}`);
      });
  }
  await waitUntil(context, `waiting for Auto Scaling Group (${name}) drain`, timeoutMs, async () => {
    const now = await describeGroup(context, name);
    const left = now ? instances(now) : [];
    return {
      done: left.length === 0,
      seen: remaining(left),
    };
  });
}

export async function deleteWarmPool(name: string, force: boolean, timeoutMs: number, context: GroupContext): Promise<void> {
  const { autoscaling } = context;
  const describe = async () => autoscaling.call("DescribeWarmPool", { AutoScalingGroupName: name }).catch(unlessMissing);
  if (!force) {
    await autoscaling.call("PutWarmPool", { AutoScalingGroupName: name, MaxGroupPreparedCapacity: 0, MinSize: 0 });
    await waitUntil(context, `waiting for Auto Scaling Warm Pool (${name}) drain`, timeoutMs, async () => {
      const left = instances((await describe()) ?? {});
      return { done: left.length === 0, seen: remaining(left) };
    });
  }
  await whenNotBusy(context, `deleting Auto Scaling Warm Pool (${name})`, timeoutMs, () =>
    autoscaling.call("DeleteWarmPool", { AutoScalingGroupName: name, ForceDelete: force }).catch(unlessMissing),
  );
  await waitUntil(context, `waiting for Auto Scaling Warm Pool (${name}) delete`, timeoutMs, async () => {
    const pool = await describe();
    return { done: pool?.WarmPoolConfiguration === undefined, seen: "the warm pool still exists" };
  });
}

function remaining(left: Shape[]): string {
  return `${left.length} instance(s) left: ${left.map((one) => `${one.InstanceId} ${one.LifecycleState}`).join(", ")}`;
}

function unlessMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}
