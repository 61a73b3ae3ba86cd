import type { Clock } from "../../clock";
import type { Group, Member } from "./model";

/** A lifetime may exceed Node's longest timer (2^31 - 1 ms, about 25 days), so it is checked at least every 10 days. */
const LONGEST_TIMER_MS = 10 * 86_400_000;

/** Marks the instance as expired when it reaches the group's maximum lifetime, counted from its launch. */
export function startLifetime(member: Member, clock: Clock, changed: (group: Group) => void): void {
  member.lifetimeTimer?.cancel();
  member.expired = false;
  const seconds = member.group.config.maxInstanceLifetime ?? 0;
  if (seconds === 0) return;
  const end = member.instance.launchedAt + seconds * 1000;
  const check = () => {
    const left = end - clock.now();
    if (left > 0) {
      member.lifetimeTimer = clock.after(Math.min(left, LONGEST_TIMER_MS), check);
      return;
    }
    member.expired = true;
    changed(member.group);
  };
  check();
}
