import type { Clock, Timer } from "../../clock";
import type { Fleet } from "../ec2/fleet";
import type { Activities } from "./activities";
import type { Delays, SuspendableProcess } from "./config";
import type { Lifecycle } from "./lifecycle";
import { countsAsCapacity, countsAsWarm, currentRefresh, type Group, isPrepared, type Member, templateOf } from "./model";
import { chooseForTermination, chooseSubnet, Tally, warmPoolSize } from "./selection";
import type { States } from "./states";
import { instanceTagRefusal } from "./tags";

export interface CapacityParts {
  clock: Clock;
  fleet: Fleet;
  states: States;
  lifecycle: Lifecycle;
  activities: Activities;
  delays: Delays;
}

/**
 * Brings each group to its desired capacity and its warm pool to its size. Every change schedules an evaluation of the
 * group; pending evaluations are coalesced, since the cost of each is linear in the number of instances.
 */
export class Capacity {
  private readonly evaluations = new Map<Group, Timer>();

  constructor(private readonly parts: CapacityParts) {}

  /** Schedules an evaluation after Auto Scaling's reaction time. */
  changed(group: Group): void {
    if (group.deleted || this.evaluations.has(group)) return;
    this.evaluateIn(group, this.parts.delays.reaction);
  }

  /** Whether an instance that leaves service goes to the warm pool, which reuses instances and has room for it. */
  takesBack(group: Group): boolean {
    const reuse = group.config.warmPool?.reuseOnScaleIn === true && !group.status && !group.warmPoolStatus;
    return reuse && this.warmPoolDeficit(group) > 0;
  }

  forget(group: Group): void {
    this.evaluations.get(group)?.cancel();
    this.evaluations.delete(group);
  }

  private evaluateIn(group: Group, ms: number): void {
    this.evaluations.set(
      group,
      this.parts.clock.after(ms, () => {
        this.evaluations.delete(group);
        this.evaluate(group);
      }),
    );
  }

  private evaluate(group: Group): void {
    if (group.deleted) return;
    group.waitsForUnprotected = false;
    this.replaceUnhealthy(group);
    this.replaceExpired(group);
    const counted = membersWhere(group, (member) => countsAsCapacity(member.state));
    const missing = group.desired + group.surplus - counted.length;
    if (missing > 0) this.scaleOut(group, counted, missing);
    if (missing < 0) this.scaleIn(group, counted, -missing);
    this.sizeWarmPool(group);
  }

  private scaleOut(group: Group, counted: Member[], missing: number): void {
    if (this.suspended(group, "Launch") || group.status) return;
    // An instance that a refresh is about to replace would enter service only to leave it again.
    const outdated = currentRefresh(group)?.remaining;
    const prepared = membersWhere(group, (member) => isPrepared(member.state) && !outdated?.has(member));
    const cause = this.cause("started", "increasing", counted.length, counted.length + missing);
    for (const member of prepared.slice(0, missing)) this.parts.lifecycle.takeFromPool(member, cause);
    const tally = new Tally(counted);
    for (let i = prepared.length; i < missing; i++) {
      if (!this.mayLaunch(group)) return;
      tally.add(this.launch(group, "Pending", tally, cause));
    }
  }

  private scaleIn(group: Group, counted: Member[], excess: number): void {
    if (this.suspended(group, "Terminate")) return;
    const inService = counted.filter((member) => member.state === "InService");
    const candidates = inService.filter((member) => !member.protected);
    const policies = group.config.terminationPolicies ?? ["Default"];
    const chosen = chooseForTermination(candidates, counted, excess, policies, templateOf(group).id);
    const cause = this.cause("terminated", "shrinking", counted.length, counted.length - excess);
    for (const member of chosen) {
      const selected = `${cause}  ${this.parts.activities.stamp(`instance ${member.instance.id} was selected for termination.`)}`;
      if (this.takesBack(group)) void this.parts.lifecycle.returnToPool(member, selected);
      else this.parts.lifecycle.terminate(member, selected);
    }
    if (chosen.length < excess) group.waitsForUnprotected = true;
    const pending = counted.length - inService.length;
    if (chosen.length < excess && pending === 0) this.parts.activities.protectionBlocks(group);
  }

  /**
   * Scale-in protection does not cover a failed health check; the termination hook still runs. While Terminate is
   * suspended nothing is replaced, although health checks go on.
   */
  private replaceUnhealthy(group: Group): void {
    if (this.suspended(group, "ReplaceUnhealthy") || this.suspended(group, "Terminate")) return;
    const cause = this.parts.activities.stamp("an instance was taken out of service in response to a health check.");
    for (const member of membersWhere(group, ({ health }) => health === "Unhealthy")) {
      if (member.state === "InService" || countsAsWarm(member.state)) this.parts.lifecycle.terminate(member, cause);
    }
  }

  /** One at a time, and only while the group is at its desired capacity; a protected instance is not replaced. */
  private replaceExpired(group: Group): void {
    if (this.suspended(group, "Terminate")) return;
    const inService = membersWhere(group, ({ state }) => state === "InService");
    if (inService.length < group.desired) return;
    group.waitsForUnprotected ||= inService.some((member) => member.expired);
    const expired = inService.find((member) => member.expired && !member.protected);
    if (!expired) return;
    this.parts.lifecycle.terminate(
      expired,
      this.parts.activities.stamp("an instance was taken out of service because it reached its maximum lifetime."),
    );
  }

  private sizeWarmPool(group: Group): void {
    const deficit = this.warmPoolDeficit(group);
    if (deficit < 0) {
      if (this.suspended(group, "Terminate")) return;
      const warm = membersWhere(group, (member) => countsAsWarm(member.state));
      const cause = this.parts.activities.stamp("an instance was terminated in response to the warm pool's size.");
      // Prepared instances first: terminating one that is still being prepared would cut its launch hook short.
      warm.sort((a, b) => Number(isPrepared(b.state)) - Number(isPrepared(a.state)) || a.sequence - b.sequence);
      for (const member of warm.slice(0, -deficit)) this.parts.lifecycle.terminate(member, cause);
      return;
    }
    if (this.suspended(group, "Launch") || group.status || group.warmPoolStatus) return;
    const cause = this.parts.activities.stamp("an instance was started in response to the warm pool's size.");
    const tally = new Tally(membersWhere(group, (member) => countsAsWarm(member.state)));
    for (let i = 0; i < deficit; i++) {
      if (!this.mayLaunch(group)) return;
      tally.add(this.launch(group, "Warmed:Pending", tally, cause));
    }
  }

  private warmPoolDeficit(group: Group): number {
    const { warmPool, maxSize } = group.config;
    const warm = membersWhere(group, (member) => countsAsWarm(member.state));
    const wanted = warmPool && !group.warmPoolStatus ? warmPoolSize(warmPool, maxSize, group.desired) : 0;
    return wanted - warm.length;
  }

  private launch(group: Group, state: "Pending" | "Warmed:Pending", tally: Tally, cause: string): Member {
    const template = templateOf(group);
    const subnet = chooseSubnet(group.config.subnets, tally);
    const propagated = (group.config.tags ?? []).filter((tag) => tag.propagateAtLaunch);
    const tags = { ...template.instanceTags, ...Object.fromEntries(propagated.map(({ key, value }) => [key, value])) };
    const instance = this.parts.fleet.create({
      userData: template.userData,
      instanceType: group.config.mixedInstances?.instanceTypes[0] ?? template.instanceType,
      imageId: template.imageId,
      profile: template.profile,
      subnetId: subnet.id,
      availabilityZone: subnet.availabilityZone,
      spot: this.asSpot(group, tally),
      metadata: template.metadata,
      hibernation: template.hibernation,
      volumes: template.volumes,
      launchFailure: template.refusal ?? instanceTagRefusal(tags) ?? template.launchFailure,
      tags: {
        ...tags,
        "aws:autoscaling:groupName": group.config.name,
        "aws:ec2launchtemplate:id": template.id,
        "aws:ec2launchtemplate:version": template.version,
      },
    });
    const member: Member = {
      instance,
      group,
      state,
      targetVisibleAt: 0,
      protected: false,
      health: "Healthy",
      template,
      sequence: group.sequence++,
      generation: 0,
      expired: false,
    };
    group.members.set(instance.id, member);
    this.parts.states.enter(member, state);
    this.parts.lifecycle.launch(member, cause);
    return member;
  }

  /** Whether to launch a Spot instance: the on-demand base comes first, then the share above it. */
  private asSpot(group: Group, tally: Tally): boolean {
    const mixed = group.config.mixedInstances;
    const share = mixed?.onDemandPercentageAboveBaseCapacity ?? 100;
    if (!mixed || share === 100) return false;
    const base = mixed.onDemandBaseCapacity ?? 0;
    if (tally.onDemand < base) return false;
    const above = tally.total + 1 - base;
    return tally.onDemand - base >= Math.ceil((above * share) / 100);
  }

  /** False during the back-off after failed launches; the group is then evaluated again once it has passed. */
  private mayLaunch(group: Group): boolean {
    const wait = group.launchNotBefore - this.parts.clock.now();
    if (wait <= 0) return true;
    this.forget(group);
    this.evaluateIn(group, wait);
    return false;
  }

  private suspended(group: Group, process: SuspendableProcess): boolean {
    return group.config.suspendedProcesses?.includes(process) ?? false;
  }

  private cause(verb: string, change: string, from: number, to: number): string {
    return this.parts.activities.stamp(
      `an instance was ${verb} in response to a difference between desired and actual capacity, ` +
        `${change} the capacity from ${from} to ${to}.`,
    );
  }
}

export function membersWhere(group: Group, condition: (member: Member) => boolean): Member[] {
  return [...group.members.values()].filter(condition);
}
