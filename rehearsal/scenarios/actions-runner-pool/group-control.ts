import type { AwsApi } from "../../aws/api";
import type { AutoScaling } from "../../aws/autoscaling";

/** Operations of an operator, a scaling policy or a health check on the pool's group. */
export interface GroupControl {
  /** None if there is no group. */
  inService(): string[];
  /** In any state, without those of the warm pool; none if there is no group. */
  members(): string[];
  desired(): number;
  setDesiredCapacity(desired: number): Promise<void>;
  /** Terminates one instance through the group and lowers the desired capacity, regardless of scale-in protection. */
  terminate(instance: string): Promise<void>;
  /** Takes one instance out of service and lowers the desired capacity. */
  enterStandby(instance: string): Promise<void>;
  /** Takes it back into service and raises the desired capacity. */
  exitStandby(instance: string): Promise<void>;
  /** Status of the latest instance refresh; undefined if there was none. */
  refreshStatus(): string | undefined;
}

export function groupControl(aws: AwsApi, autoscaling: AutoScaling): GroupControl {
  const operator = { kind: "operator" } as const;
  const group = () => {
    const [name] = autoscaling.groupNames();
    const view = name === undefined ? undefined : autoscaling.group(name);
    if (!view) throw new Error("there is no Auto Scaling group");
    return view;
  };
  const instancesIn = (matches: (state: string) => boolean): string[] => {
    if (autoscaling.groupNames().length === 0) return [];
    return group().instances.flatMap(({ id, state }) => (matches(state) ? [id] : []));
  };
  return {
    inService: () => instancesIn((state) => state === "InService"),
    members: () => instancesIn((state) => !state.startsWith("Warmed:")),
    desired: () => group().desired,
    async setDesiredCapacity(desired) {
      await aws.call(operator, "autoscaling:SetDesiredCapacity", {
        AutoScalingGroupName: group().name,
        DesiredCapacity: desired,
      });
    },
    async terminate(instance) {
      await aws.call(operator, "autoscaling:TerminateInstanceInAutoScalingGroup", {
        InstanceId: instance,
        ShouldDecrementDesiredCapacity: true,
      });
    },
    async enterStandby(instance) {
      await aws.call(operator, "autoscaling:EnterStandby", {
        AutoScalingGroupName: group().name,
        InstanceIds: [instance],
        ShouldDecrementDesiredCapacity: true,
      });
    },
    async exitStandby(instance) {
      await aws.call(operator, "autoscaling:ExitStandby", { AutoScalingGroupName: group().name, InstanceIds: [instance] });
    },
    refreshStatus: () => group().refresh,
  };
}
