import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { Timeline } from "../../timeline";
import type { Member } from "./model";
import type { LifecycleState } from "../../../contract/aws/lifecycle";

/** Moves instances from state to state, for all to see, and answers what the instance metadata says about it. */
export class States {
  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    /** Milliseconds until the instance metadata shows a new target state. */
    private readonly targetDelay: number,
  ) {}

  enter(member: Member, state: LifecycleState, target: TargetState | undefined = member.target): void {
    this.aim(member, target);
    member.state = state;
    this.timeline.record({ kind: "instance-state", instance: member.instance.id, state });
  }

  /** Changes the target without a change of state. */
  aim(member: Member, target: TargetState | undefined): void {
    if (target === member.target) return;
    member.previousTarget = this.target(member);
    member.target = target;
    member.targetVisibleAt = this.clock.now() + this.targetDelay;
  }

  /** What `autoscaling/target-lifecycle-state` reads; undefined is a 404: no transition has begun yet. */
  target(member: Member): TargetState | undefined {
    return this.clock.now() >= member.targetVisibleAt ? member.target : member.previousTarget;
  }
}
