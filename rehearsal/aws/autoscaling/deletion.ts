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

/** What DeleteAutoScalingGroup and DeleteWarmPool set going, and what happens when the last instance is gone. */
export class Deletion {
  constructor(private readonly parts: DeletionParts) {}

  /** Ends all instances without their termination hooks; the group goes with the last of them. */
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

  /** Removes a group that is empty, or that no one will ask for again. */
  remove(group: Group): void {
    this.parts.groups.remove(group);
    this.parts.capacity.forget(group);
  }

  /** Carries out a deletion that waited for the last instance. */
  changed(group: Group): void {
    if (group.warmPoolStatus === "PendingDelete" && membersWhere(group, (member) => isPooled(member.state)).length === 0) {
      group.warmPoolStatus = undefined;
      group.config = { ...group.config, warmPool: undefined };
    }
    if (group.status !== undefined && !group.deleted && group.members.size === 0) this.remove(group);
  }
}
