import fc from "fast-check";
import type { decide as Decide } from "../../../functions/actions-runner-pool/scale/policy/decide";
import type { Memory } from "../../../functions/actions-runner-pool/scale/policy/types";
import { MINUTE, NOW, SECOND, SETTINGS, stateOf, waiting } from "../../functions/actions-runner-pool/scale/policy/fixture";

/** Seconds between the passes of a pool in which every launch fails and a job arrives before each pass. */
export const failing = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 10, maxLength: 80 });

/** Raises of the desired capacity that come earlier after the one before than 1, 2, 4, 8 and then 15 minutes. */
export function decideWithMemory(pauses: readonly number[], decide: typeof Decide): string[] {
  let memory: Memory = { idleSince: {} };
  let desired = 0;
  let now = NOW;
  const raises: number[] = [];
  for (const [index, pause] of pauses.entries()) {
    now += pause * SECOND;
    const jobs = Array.from({ length: index + 1 }, (_, job) => waiting(`job-${job}`, 1, { confirmedAt: now }));
    const state = stateOf({ waiting: jobs, memory, fleet: { desired, failedLaunches: desired > 0 ? 1 : 0 } });
    const decision = decide({ ...state, demand: { ...state.demand, completeAt: now } }, SETTINGS, now);
    memory = decision.memory;
    if (decision.desired === undefined) continue;
    desired = decision.desired;
    raises.push(now);
  }
  return raises.slice(1).flatMap((at, index) => {
    const least = Math.min(15, 2 ** index) * MINUTE;
    const pause = at - raises[index]!;
    return pause < least ? [`raise ${index + 2} comes after ${pause / SECOND} s, although every launch fails`] : [];
  });
}
