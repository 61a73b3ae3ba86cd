import type { Shape } from "../api";
import type { Activities } from "./activities";
import { describeActivity } from "./describe";
import * as errors from "./errors";
import type { Group, Member } from "./model";
import type { States } from "./states";

export interface StandbyParts {
  states: States;
  activities: Activities;
  changed(group: Group): void;
}

/** Standby and detachment: the ways out of service that trigger no lifecycle hook. */
export class Standby {
  constructor(private readonly parts: StandbyParts) {}

  enter(group: Group, ids: string[], decrement: boolean): Shape[] {
    const members = this.members(group, ids);
    for (const { state, instance } of members) if (state !== "InService") throw errors.notInService(instance.id);
    if (decrement) this.decrement(group, members.length);
    return members.map((member) => {
      this.parts.states.enter(member, "EnteringStandby", "Standby");
      this.parts.states.enter(member, "Standby");
      return this.record(member, `Moving EC2 instance to Standby: ${member.instance.id}`);
    });
  }

  exit(group: Group, ids: string[]): Shape[] {
    const members = this.members(group, ids);
    for (const { state, instance } of members) if (state !== "Standby") throw errors.notInStandby(instance.id);
    const desired = group.desired + members.length;
    if (desired > group.config.maxSize) throw errors.aboveMax(desired, group.config.maxSize);
    group.desired = desired;
    return members.map((member) => {
      this.parts.states.enter(member, "Pending", "InService");
      this.parts.states.enter(member, "InService");
      return this.record(member, `Moving EC2 instance out of Standby: ${member.instance.id}`);
    });
  }

  detach(group: Group, ids: string[], decrement: boolean): Shape[] {
    const members = this.members(group, ids);
    for (const { state, instance } of members) {
      if (state !== "InService" && state !== "Standby") throw errors.notDetachable(instance.id);
    }
    const serving = members.filter(({ state }) => state === "InService").length;
    if (decrement) this.decrement(group, serving);
    return members.map((member) => {
      member.generation++;
      member.protected = false;
      member.lifetimeTimer?.cancel();
      this.parts.states.enter(member, "Detaching", "Detached");
      this.parts.states.enter(member, "Detached");
      group.members.delete(member.instance.id);
      return this.record(member, `Detaching EC2 instance: ${member.instance.id}`);
    });
  }

  private members(group: Group, ids: string[]): Member[] {
    return ids.map((id) => {
      const member = group.members.get(id);
      if (!member) throw errors.noSuchInstance(id);
      return member;
    });
  }

  private decrement(group: Group, count: number): void {
    if (group.desired - count < group.config.minSize) throw errors.wouldViolateMin(group.config.minSize);
    group.desired -= count;
  }

  private record(member: Member, description: string): Shape {
    const { activities, changed } = this.parts;
    const cause = activities.stamp(`instance ${member.instance.id} was moved in response to a user request.`);
    const activity = activities.begin(member.group, description, cause, member);
    activities.end(activity, "Successful");
    changed(member.group);
    return describeActivity(activity);
  }
}
