import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { Timeline } from "../../timeline";
import type { Member } from "./model";
import type { LifecycleState } from "../../../contract/aws/lifecycle";

/** Changes instances' states, records them on the timeline, and returns the target state for the instance metadata. */
export class States {
  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    /** Milliseconds until the instance metadata shows a new target state. */
    private readonly targetDelay: number,
  ) {}

  enter(member: Member, state: LifecycleState, target: TargetState | undefined = member.target): void {
    this.setTarget(member, target);
    member.state = state;
    this.timeline.record({ kind: "instance-state", instance: member.instance.id, state });
  }

  /** Changes the target but not the state. */
  setTarget(member: Member, target: TargetState | undefined): void {
    if (target === member.target) return;
    member.previousTarget = this.target(member);
    member.target = target;
    member.targetVisibleAt = this.clock.now() + this.targetDelay;
  }

  /** The value of `autoscaling/target-lifecycle-state`; undefined (404) before the first transition. */
  target(member: Member): TargetState | undefined {
    return this.clock.now() >= member.targetVisibleAt ? member.target : member.previousTarget;
  }
}
