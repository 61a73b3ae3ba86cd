/** EC2's notice of an instance's new power state, as EventBridge delivers it: best effort, so it may be late, come twice or never. */
export const INSTANCE_STATE_EVENT = {
  source: "aws.ec2",
  detailType: "EC2 Instance State-change Notification",
} as const;

export interface InstanceStateDetail {
  "instance-id": string;
  state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
}
