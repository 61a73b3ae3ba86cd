import type { Clock } from "../../clock";
import type { Activities } from "./activities";
import { type Capacity, membersWhere } from "./capacity";
import type { Groups } from "./groups";
import type { Lifecycle } from "./lifecycle";
import { currentRefresh, type Group, isPooled } from "./model";

export interface DeletionParts {
  clock: Clock;
  groups: Groups;
  lifecycle: Lifecycle;
  activities: Activities;
  capacity: Capacity;
}

export interface DeleteOptions {
  /** Ends instances without their termination hooks. */
  force?: boolean;
  /** Milliseconds after which to give up; default: never. */
  timeoutMs?: number;
}

/** Takes groups down the way a provider does, and waits for their instances. */
export class Deletion {
  private readonly waiting = new Map<Group, Set<() => void>>();

  constructor(private readonly parts: DeletionParts) {}

  async delete(group: Group, { force = false, timeoutMs }: DeleteOptions): Promise<void> {
    const deadline = timeoutMs === undefined ? Infinity : this.parts.clock.now() + timeoutMs;
    const refresh = currentRefresh(group);
    if (refresh) refresh.status = "Cancelling";
    if (force) this.killAll(group);
    else await this.emptyWarmPool(group, deadline);
    await this.drain(group, deadline);
    this.remove(group);
  }

  /** Removes a group that is empty, or that nobody will ask for again. */
  remove(group: Group): void {
    this.parts.groups.remove(group);
    this.parts.capacity.forget(group);
  }

  /** Looks whether those who wait have what they wait for. */
  changed(group: Group): void {
    for (const look of this.waiting.get(group) ?? []) look();
    if (group.warmPoolStatus === "PendingDelete") this.removePoolIfEmpty(group);
  }

  private removePoolIfEmpty(group: Group): boolean {
    if (membersWhere(group, (member) => isPooled(member.state)).length > 0) return false;
    group.warmPoolStatus = undefined;
    group.config = { ...group.config, warmPool: undefined };
    return true;
  }

  private killAll(group: Group): void {
    const { lifecycle, activities } = this.parts;
    group.status = "Delete in progress";
    const cause = activities.stamp("an instance was terminated because its group is force-deleted.");
    for (const member of membersWhere(group, () => true)) lifecycle.terminate(member, cause, true);
  }

  private async emptyWarmPool(group: Group, deadline: number): Promise<void> {
    if (!group.config.warmPool) return;
    group.warmPoolStatus = "PendingDelete";
    this.parts.capacity.changed(group);
    await this.until(group, deadline, "warm pool", () => this.removePoolIfEmpty(group));
  }

  private async drain(group: Group, deadline: number): Promise<void> {
    group.config = { ...group.config, minSize: 0, maxSize: 0 };
    group.desired = 0;
    group.surplus = 0;
    // The provider lifts protection from what is there; without that a pool whose jobs never pause is never deleted.
    for (const member of group.members.values()) member.protected = false;
    this.parts.capacity.changed(group);
    await this.until(group, deadline, "group", () => group.members.size === 0);
  }

  private until(group: Group, deadline: number, what: string, condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const looks = this.waiting.get(group) ?? new Set();
      this.waiting.set(group, looks);
      const finish = (settle: () => void) => {
        looks.delete(look);
        timer?.cancel();
        settle();
      };
      const look = () => {
        if (condition()) finish(resolve);
      };
      looks.add(look);
      const timer = Number.isFinite(deadline)
        ? this.parts.clock.after(deadline - this.parts.clock.now(), () => finish(() => reject(overdue(group, what))))
        : undefined;
    });
  }
}

function overdue(group: Group, what: string): Error {
  const left = [...group.members.values()].map(({ instance, state }) => `${instance.id} (${state})`);
  return new Error(
    `timeout while waiting for the ${what} of ${group.config.name} to drain: ${left.join(", ")}. ` +
      "Complete or wait for the lifecycle actions, or delete with a longer timeout.",
  );
}
