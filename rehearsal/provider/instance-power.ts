import type { Shape } from "../aws/api";
import { attempt, type Ec2Context, waitForInstance } from "./ec2-waits";

/** The real provider's own limits, whatever the program's timeouts are. */
const STOP_MS = 10 * 60_000;
const START_MS = 10 * 60_000;

/**
 * What the real provider does for an attribute that EC2 changes only while an instance is off: it stops the instance, also one that
 * is at work, and starts it afterwards, also one that was off before.
 */
export async function modifyWithStopStart(context: Ec2Context, id: string, what: string, change: Shape): Promise<void> {
  const updating = `updating EC2 Instance (${id}) ${what}`;
  await stopInstance(context, id, updating);
  await attempt(`${updating}: modifying EC2 Instance (${id}) attribute`, () =>
    context.ec2.call("ModifyInstanceAttribute", { InstanceId: id, ...change }),
  );
  await attempt(`${updating}: starting EC2 Instance (${id})`, () => context.ec2.call("StartInstances", { InstanceIds: [id] }));
  await waitForInstance(context, id, {
    what: `${updating}: waiting for EC2 Instance (${id}) start`,
    timeoutMs: START_MS,
    // A start for which there is no capacity ends in `stopped`, where the real provider waits on.
    pending: ["pending", "stopped"],
    target: "running",
  });
}

export async function stopInstance(context: Ec2Context, id: string, doing: string): Promise<void> {
  await attempt(`${doing}: stopping EC2 Instance (${id})`, () => context.ec2.call("StopInstances", { InstanceIds: [id] }));
  await waitForInstance(context, id, {
    what: `${doing}: waiting for EC2 Instance (${id}) stop`,
    timeoutMs: STOP_MS,
    pending: ["pending", "running", "shutting-down", "stopping"],
    target: "stopped",
  });
}
