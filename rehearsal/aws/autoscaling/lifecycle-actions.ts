import { globalTimeoutSeconds, TRANSITION, type Transition } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Timeline } from "../../timeline";
import type { ActionResult } from "./config";
import { noActiveAction } from "./errors";
import { type EventWriter, type TransitionPath, uuid } from "./events";
import type { Action, Group, Hook, Member, ActionOutcome } from "./model";

/** A caller's reference to an action: by token or by instance; the token takes precedence. */
export interface ActionReference {
  hook: string;
  token?: string;
  instanceId?: string;
}

/**
 * The open lifecycle actions. Each has two timers: the heartbeat timeout, which a heartbeat restarts, and the global
 * timeout, min(48 h, 100 x heartbeat timeout), which nothing restarts. Whichever expires first applies the hook's
 * default result.
 */
export class LifecycleActions {
  private readonly byToken = new Map<string, Member>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly timeline: Timeline,
    private readonly events: EventWriter,
  ) {}

  /** Opens an action and publishes its event. Resolves when the action ends, with undefined if it was dropped. */
  open(member: Member, hook: Hook, transition: Transition, path: TransitionPath): Promise<ActionOutcome | undefined> {
    return new Promise((resolve) => {
      const action: Action = {
        token: uuid(this.random),
        hook: { ...hook }, // a later change of the hook does not affect open actions
        transition,
        openedAt: this.clock.now(),
        heartbeatTimer: this.heartbeatTimer(member, hook.heartbeatTimeout),
        globalTimer: this.clock.after(globalTimeoutSeconds(hook.heartbeatTimeout) * 1000, () => this.expire(member, "Global Timeout")),
        settle: resolve,
      };
      member.action = action;
      this.byToken.set(action.token, member);
      this.timeline.record({ kind: "action-opened", instance: member.instance.id, hook: hook.name, transition });
      this.events.actionOpened(member, action, path);
    });
  }

  complete(member: Member, result: ActionResult, by: string): void {
    this.close(member, { result, by, reason: `Lifecycle Action Completed with ${result} Result` });
  }

  heartbeat(member: Member): void {
    const action = member.action!;
    action.heartbeatTimer.cancel();
    action.heartbeatTimer = this.heartbeatTimer(member, action.hook.heartbeatTimeout);
    this.timeline.record({ kind: "heartbeat", instance: member.instance.id, hook: action.hook.name });
  }

  /** Drops the member's action, if any, because the instance starts another transition. */
  drop(member: Member, by: string): void {
    if (member.action) this.close(member, undefined, by);
  }

  /** Completes the open actions of a deleted hook as AWS does: launches are abandoned, terminations continue. */
  completeAllOf(hookName: string, members: Iterable<Member>, by: string): void {
    for (const member of members) {
      if (member.action?.hook.name !== hookName) continue;
      const result = member.action.transition === TRANSITION.launching ? "ABANDON" : "CONTINUE";
      this.close(member, { result, by, reason: "Lifecycle Hook Deleted" });
    }
  }

  /** @throws ValidationError "No active Lifecycle Action found with ..." */
  find(reference: ActionReference, group: Group): Member {
    const { token, instanceId, hook } = reference;
    const member = token !== undefined ? this.byToken.get(token) : group.members.get(instanceId ?? "");
    if (member?.group !== group || member.action?.hook.name !== hook) throw noActiveAction(token, instanceId);
    return member;
  }

  private heartbeatTimer(member: Member, seconds: number) {
    return this.clock.after(seconds * 1000, () => this.expire(member, "Heartbeat Timeout"));
  }

  private expire(member: Member, reason: string): void {
    this.close(member, { result: member.action!.hook.defaultResult, by: "timeout", reason });
  }

  private close(member: Member, outcome: ActionOutcome | undefined, dropper = "auto-scaling"): void {
    const action = member.action!;
    member.action = undefined;
    this.byToken.delete(action.token);
    action.heartbeatTimer.cancel();
    action.globalTimer.cancel();
    this.timeline.record({
      kind: "action-closed",
      instance: member.instance.id,
      hook: action.hook.name,
      result: outcome?.result ?? "DROPPED",
      by: outcome?.by ?? dropper,
    });
    action.settle(outcome);
  }
}
