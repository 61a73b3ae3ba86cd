import type { GroupConfig } from "./config";
import type { Group, Hook, RefreshStatus } from "./model";
import type { LifecycleState } from "../../../contract/aws/lifecycle";

/** A read-only snapshot of a group. */
export interface GroupView {
  name: string;
  arn: string;
  config: Readonly<GroupConfig>;
  desired: number;
  hooks: readonly Readonly<Hook>[];
  instances: readonly InstanceView[];
  /** Status of the latest instance refresh. */
  refresh?: RefreshStatus;
  refreshReason?: string;
}

interface InstanceView {
  id: string;
  privateIp: string;
  state: LifecycleState;
  protected: boolean;
  health: "Healthy" | "Unhealthy";
  launchTemplateVersion: string;
  availabilityZone: string;
}

export function viewOf(group: Group): GroupView {
  const latest = group.refreshes[0];
  return {
    name: group.config.name,
    arn: group.arn,
    config: group.config,
    desired: group.desired,
    hooks: [...group.hooks.values()],
    instances: [...group.members.values()].map((member) => ({
      id: member.instance.id,
      privateIp: member.instance.privateIp,
      state: member.state,
      protected: member.protected,
      health: member.health,
      launchTemplateVersion: member.template.version,
      availabilityZone: member.instance.availabilityZone,
    })),
    refresh: latest?.status,
    refreshReason: latest?.statusReason,
  };
}
