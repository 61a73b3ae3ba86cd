import type { Activities } from "./activities";
import { type Capacity, membersWhere } from "./capacity";
import type { Groups } from "./groups";
import type { Lifecycle } from "./lifecycle";
import { currentRefresh, type Group, isPooled } from "./model";

export interface DeletionParts {
  groups: Groups;
  lifecycle: Lifecycle;
  activities: Activities;
  capacity: Capacity;
}

/** Carries out DeleteAutoScalingGroup and DeleteWarmPool, which complete after the last instance has terminated. */
export class Deletion {
  constructor(private readonly parts: DeletionParts) {}

  /** Terminates all instances without termination hooks; the group is removed after the last one. */
  force(group: Group): void {
    const { lifecycle, activities, capacity } = this.parts;
    const refresh = currentRefresh(group);
    if (refresh) refresh.status = "Cancelling";
    group.status = "Delete in progress";
    const cause = activities.stamp("an instance was terminated because its group is force-deleted.");
    for (const member of membersWhere(group, () => true)) lifecycle.terminate(member, cause, true);
    group.config = { ...group.config, minSize: 0, maxSize: 0 };
    group.desired = 0;
    group.surplus = 0;
    capacity.changed(group);
  }

  /** Removes a group that is empty or no longer needed. */
  remove(group: Group): void {
    this.parts.groups.remove(group);
    this.parts.capacity.forget(group);
  }

  /** Completes a deletion that was waiting for the last instance. */
  changed(group: Group): void {
    if (group.warmPoolStatus === "PendingDelete" && membersWhere(group, (member) => isPooled(member.state)).length === 0) {
      group.warmPoolStatus = undefined;
      group.config = { ...group.config, warmPool: undefined };
    }
    if (group.status !== undefined && !group.deleted && group.members.size === 0) this.remove(group);
  }
}
