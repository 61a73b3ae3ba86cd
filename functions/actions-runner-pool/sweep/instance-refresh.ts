import { CancelInstanceRefreshCommand, DescribeInstanceRefreshesCommand, StartInstanceRefreshCommand } from "@aws-sdk/client-auto-scaling";
import { REFRESH_PROCESS, type RefreshPreferences } from "../../../contract/actions-runner-pool/instance-refresh";
import type { AutoScaling } from "../../shared/aws/clients";
import { describeGroup } from "../shared/group";
import { launchSource } from "./launch-source";
import type { RefreshState } from "./ports";

/** More than back-offs of up to a day leave behind in the six weeks that AWS keeps them. */
const NEWEST = 50;

/** Undefined if the group does not exist. */
export async function refreshState(client: AutoScaling, group: string): Promise<RefreshState | undefined> {
  const found = await describeGroup(client, group);
  if (!found) return undefined;
  const { InstanceRefreshes = [] } = await client.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group, MaxRecords: NEWEST }),
  );
  return {
    suspended: (found.SuspendedProcesses ?? []).some(({ ProcessName }) => ProcessName === REFRESH_PROCESS),
    source: launchSource(found),
    refreshes: InstanceRefreshes.map(({ Status = "", StatusReason, StartTime, EndTime }) => ({
      status: Status,
      reason: StatusReason,
      startedAt: StartTime,
      endedAt: EndTime,
    })),
  };
}

/** Without a desired configuration, so that the group's own applies and no right to launch instances is needed. */
export async function startRefresh(
  client: AutoScaling,
  group: string,
  preferences: RefreshPreferences,
): Promise<"started" | "another is running"> {
  try {
    await client.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: group,
        Strategy: "Rolling",
        Preferences: {
          MinHealthyPercentage: preferences.minHealthyPercentage,
          MaxHealthyPercentage: preferences.maxHealthyPercentage,
          ScaleInProtectedInstances: preferences.scaleInProtectedInstances,
          StandbyInstances: preferences.standbyInstances,
          SkipMatching: preferences.skipMatching,
          InstanceWarmup: preferences.instanceWarmup,
        },
      }),
    );
    return "started";
  } catch (error) {
    if (isFault(error, "InstanceRefreshInProgress")) return "another is running";
    throw error;
  }
}

/** By default AWS would wait for the drains of the instances that the refresh was replacing; they go on in any case. */
export async function cancelRefresh(client: AutoScaling, group: string): Promise<"requested" | "none"> {
  try {
    await client.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: group, WaitForTransitioningInstances: false }));
    return "requested";
  } catch (error) {
    if (isFault(error, "ActiveInstanceRefreshNotFound")) return "none";
    throw error;
  }
}

/** The SDK names the error by its shape, which ends in `Fault`; the code on the wire does not. */
function isFault(error: unknown, code: string): boolean {
  return error instanceof Error && (error.name === code || error.name === `${code}Fault`);
}
