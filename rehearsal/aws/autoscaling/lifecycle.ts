import { type TargetState, TRANSITION, type Transition } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { Fleet } from "../ec2/fleet";
import type { Activities } from "./activities";
import type { Delays } from "./config";
import type { EventWriter, TransitionPath } from "./events";
import type { LifecycleActions } from "./lifecycle-actions";
import { type Activity, type Group, isPooled, isRetained, isTerminating, type Member, type ActionOutcome } from "./model";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { startLifetime } from "./lifetime";
import type { States } from "./states";

export interface LifecycleParts {
  clock: Clock;
  fleet: Fleet;
  states: States;
  actions: LifecycleActions;
  activities: Activities;
  events: EventWriter;
  delays: Delays;
  /** Whether an instance whose launch was abandoned passes the termination hooks. */
  terminateHookAfterAbandonedLaunch: boolean;
  /** Called after every change that may affect the capacity. */
  changed(group: Group): void;
}

const MAX_BACKOFF_MS = 15 * 60_000;

/**
 * The transitions of an instance: into service, into and out of the warm pool, and to termination. Each runs as one
 * asynchronous function. A new transition increments the instance's generation, and a function of an earlier
 * generation returns at its next step.
 */
export class Lifecycle {
  constructor(private readonly parts: LifecycleParts) {}

  /** Launches an instance into the group or its warm pool. The member is already `Pending` or `Warmed:Pending`. */
  launch(member: Member, cause: string): void {
    const pooled = isPooled(member.state);
    const where = pooled ? " into warm pool" : "";
    const activity = this.begin(member, `Launching a new EC2 instance${where}: ${member.instance.id}`, cause);
    const path: TransitionPath = { origin: "EC2", destination: pooled ? "WarmPool" : "AutoScalingGroup" };
    void this.bringUp(member, member.generation, path, activity, () => this.parts.fleet.powerOn(member.instance));
  }

  /** Moves an instance from the warm pool into the group. */
  takeFromPool(member: Member, cause: string): void {
    const { fleet, states } = this.parts;
    const activity = this.begin(member, `Launching a new EC2 instance from warm pool: ${member.instance.id}`, cause);
    const previous = member.state;
    const power = async (): Promise<void> => {
      if (previous === "Warmed:Stopped") await fleet.start(member.instance);
      if (previous === "Warmed:Hibernated") await fleet.resume(member.instance);
    };
    const path: TransitionPath = { origin: "WarmPool", destination: "AutoScalingGroup" };
    states.enter(member, "Pending", "InService");
    void this.bringUp(member, ++member.generation, path, activity, power);
  }

  /**
   * Terminates an instance of the group or the warm pool, through the termination hooks unless `skipHooks`. A retained
   * instance has already passed them and terminates at once. Does nothing if the instance is already terminating.
   * Its scale-in protection remains set, without effect: a deletion of the group must clear it.
   */
  terminate(member: Member, cause: string, skipHooks = false): Activity | undefined {
    const { actions, states, changed } = this.parts;
    if (isTerminating(member.state) && !skipHooks) return undefined;
    const hooked = !skipHooks && !isRetained(member.state);
    const pooled = isPooled(member.state);
    const from = pooled ? " from warm pool" : "";
    member.generation++;
    actions.drop(member, "auto-scaling");
    member.lifetimeTimer?.cancel();
    const activity = this.begin(member, `Terminating EC2 instance${from}: ${member.instance.id}`, cause);
    states.enter(member, pooled ? "Warmed:Terminating" : "Terminating", pooled ? "Warmed:Terminated" : "Terminated");
    changed(member.group);
    void this.takeDown(member, member.generation, pooled, hooked, activity);
    return activity;
  }

  /** Returns an instance to the warm pool: the termination hook fires in `Warmed:Pending:Wait`. */
  async returnToPool(member: Member, cause: string): Promise<void> {
    const { states, changed } = this.parts;
    const generation = ++member.generation;
    member.lifetimeTimer?.cancel();
    member.protected = false;
    const activity = this.begin(member, `Returning EC2 instance to warm pool: ${member.instance.id}`, cause);
    states.enter(member, "Warmed:Pending", this.restingTarget(member));
    changed(member.group);
    const path: TransitionPath = { origin: "AutoScalingGroup", destination: "WarmPool" };
    const outcome = await this.passHooks(member, generation, TRANSITION.terminating, "Warmed:Pending", path, activity);
    if (member.generation !== generation) return this.parts.activities.end(activity, "Cancelled");
    if (outcome?.result === "ABANDON") {
      this.fail(activity, outcome);
      if (this.retains(member.group)) return this.retain(member, "Warmed:Pending:Retained");
      this.terminate(member, this.parts.activities.stamp("an instance was abandoned while returning to the warm pool."), true);
      return;
    }
    await this.settleInPool(member, generation, activity, path);
  }

  private async bringUp(
    member: Member,
    generation: number,
    path: TransitionPath,
    activity: Activity,
    power: () => Promise<void>,
  ): Promise<void> {
    const { clock, delays, activities } = this.parts;
    await clock.sleep(delays.launch);
    if (member.generation !== generation) {
      // EC2 has already accepted the launch: an instance that is terminated right away still boots, and only then can
      // its agent complete the termination hook.
      const { state } = member.instance;
      if (state !== "shutting-down" && state !== "terminated") void power().catch(() => undefined);
      return activities.end(activity, "Cancelled");
    }
    const pooled = path.destination === "WarmPool";
    // The action opens while the machine boots: AWS does not wait for the operating system.
    const powered = power().catch((error: Error) => {
      if (member.generation === generation) this.launchFailed(member, path, activity, error.message);
    });
    const phase = pooled ? "Warmed:Pending" : "Pending";
    this.parts.states.setTarget(member, pooled ? this.restingTarget(member) : "InService");
    const outcome = await this.passHooks(member, generation, TRANSITION.launching, phase, path, activity);
    if (member.generation === generation && outcome?.result === "ABANDON") {
      return this.launchFailed(member, path, activity, abandoned(outcome), "Cancelled");
    }
    await powered;
    if (member.generation !== generation) return activities.end(activity, "Cancelled");
    if (pooled) await this.settleInPool(member, generation, activity, path);
    else this.intoService(member, activity, path);
  }

  private intoService(member: Member, activity: Activity, path: TransitionPath): void {
    const { states, changed } = this.parts;
    const { group } = member;
    group.launchFailures = 0;
    group.launchNotBefore = 0;
    member.protected = group.config.newInstancesProtectedFromScaleIn ?? false;
    states.enter(member, "InService", "InService");
    member.servingSince = this.parts.clock.now();
    startLifetime(member, this.parts.clock, changed);
    this.succeed("Launch", member, activity, path);
    changed(group);
  }

  /** Brings an instance to the warm pool's state. Powers it off without checking whether its user data has finished. */
  private async settleInPool(member: Member, generation: number, activity: Activity, path: TransitionPath): Promise<void> {
    const { fleet, states, activities, changed } = this.parts;
    const state = member.group.config.warmPool?.poolState ?? "Stopped";
    try {
      if (state === "Stopped") await fleet.stop(member.instance);
      if (state === "Hibernated") await fleet.hibernate(member.instance);
    } catch (error) {
      if (member.generation === generation) this.launchFailed(member, path, activity, (error as Error).message);
      return;
    }
    if (member.generation !== generation) return activities.end(activity, "Cancelled");
    member.group.launchFailures = 0;
    member.group.launchNotBefore = 0;
    states.enter(member, `Warmed:${state}`, `Warmed:${state}`);
    this.succeed(path.origin === "EC2" ? "Launch" : "Terminate", member, activity, path);
    changed(member.group);
  }

  /** The activity of a launch that a hook abandoned is `Cancelled`, the one of a launch that EC2 refused `Failed`. */
  private launchFailed(
    member: Member,
    path: TransitionPath,
    activity: Activity,
    message: string,
    status: "Failed" | "Cancelled" = "Failed",
  ): void {
    const { activities, events, clock, delays } = this.parts;
    const { group } = member;
    activities.end(activity, status, message);
    events.activityEnded("Launch", member, activity, path);
    // Auto Scaling backs off while launches keep failing.
    const backoff = Math.min(delays.launchBackoff * 2 ** group.launchFailures++, MAX_BACKOFF_MS);
    group.launchNotBefore = clock.now() + backoff;
    this.terminate(
      member,
      activities.stamp("an instance was taken out of service because its launch failed."),
      // No hook fires for an instance that EC2 ended before it ran.
      !this.parts.terminateHookAfterAbandonedLaunch || member.instance.state === "terminated",
    );
  }

  private async takeDown(member: Member, generation: number, pooled: boolean, hooked: boolean, activity: Activity): Promise<void> {
    const { fleet, states, activities, changed } = this.parts;
    const phase = pooled ? "Warmed:Terminating" : "Terminating";
    const path: TransitionPath = { origin: pooled ? "WarmPool" : "AutoScalingGroup", destination: "EC2" };
    if (hooked) {
      const outcome = await this.passHooks(member, generation, TRANSITION.terminating, phase, path, activity);
      if (member.generation !== generation) return activities.end(activity, "Cancelled");
      if (outcome?.result === "ABANDON" && this.retains(member.group)) {
        this.fail(activity, outcome);
        return this.retain(member, `${phase}:Retained`);
      }
    }
    await fleet.terminate(member.instance);
    if (member.generation !== generation) return activities.end(activity, "Cancelled");
    states.enter(member, pooled ? "Warmed:Terminated" : "Terminated");
    member.group.members.delete(member.instance.id);
    this.succeed("Terminate", member, activity, path);
    changed(member.group);
  }

  /** Runs the hooks of a transition one after another; the first ABANDON skips the rest. */
  private async passHooks(
    member: Member,
    generation: number,
    transition: Transition,
    phase: "Pending" | "Terminating" | "Warmed:Pending" | "Warmed:Terminating",
    path: TransitionPath,
    activity: Activity,
  ): Promise<ActionOutcome | undefined> {
    const { states, actions } = this.parts;
    const names = [...member.group.hooks.values()].filter((hook) => hook.transition === transition).map((h) => h.name);
    let last: ActionOutcome | undefined;
    for (const name of names) {
      const hook = member.group.hooks.get(name);
      if (!hook) continue; // deleted during an earlier hook
      if (member.state !== `${phase}:Wait`) states.enter(member, `${phase}:Wait` as LifecycleState);
      activity.statusCode = "MidLifecycleAction";
      last = await actions.open(member, hook, transition, path);
      if (member.generation !== generation) return last;
      if (last?.result === "ABANDON") break;
    }
    activity.statusCode = "InProgress";
    const retained = last?.result === "ABANDON" && transition === TRANSITION.terminating && this.retains(member.group);
    if (names.length > 0 && !retained) states.enter(member, `${phase}:Proceed` as LifecycleState);
    return last;
  }

  private retains(group: Group): boolean {
    return group.config.instanceLifecyclePolicy?.terminateHookAbandon === "retain";
  }

  private retain(member: Member, state: LifecycleState): void {
    this.parts.states.enter(member, state);
    this.parts.changed(member.group);
  }

  private restingTarget(member: Member): TargetState {
    return `Warmed:${member.group.config.warmPool?.poolState ?? "Stopped"}`;
  }

  private begin(member: Member, description: string, cause: string): Activity {
    return this.parts.activities.begin(member.group, description, cause, member);
  }

  private succeed(verb: "Launch" | "Terminate", member: Member, activity: Activity, path: TransitionPath): void {
    this.parts.activities.end(activity, "Successful");
    this.parts.events.activityEnded(verb, member, activity, path);
  }

  private fail(activity: Activity, outcome: ActionOutcome): void {
    this.parts.activities.end(activity, "Failed", abandoned(outcome));
  }
}

function abandoned(outcome: ActionOutcome): string {
  return `Instance failed to complete user's Lifecycle Action: Lifecycle Action was abandoned: ${outcome.reason}`;
}
