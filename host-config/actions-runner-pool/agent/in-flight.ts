import type { Signs } from "./ports/job-signs";

/**
 * After a message the listener acquires the job: up to 5 tries, 5-15 s apart, each of which may wait 100 s for its answer
 * and repeats itself on 429, 502, 503 and 504. If an answer is lost, the job is this runner's at GitHub while the listener
 * still asks for it. GitHub fails a job that was acknowledged and did not start within ten minutes, so after this time
 * nothing is left to wait for. Usually the wait ends earlier: with the announcement, or with the listener's own word that
 * it skips the message (skipped-messages.ts).
 */
export const ACQUIRE_BOUND_MS = 600_000;

/**
 * Between the announcement and the worker the listener renews the job's lock once. If it cannot, or if the job is
 * cancelled meanwhile, it drops the job without logging that, and its last announcement stays "busy" until the next job.
 * GitHub gives up a job about ten minutes after its last lock renewal, so after this time nothing is left to wait for.
 */
export const WORKERLESS_BOUND_MS = 900_000;

export type InFlight = "worker" | "announced" | "message" | undefined;

/**
 * Why the runner may hold a job, or undefined if it holds none. One sign is enough: the announcement follows the
 * acquisition, the worker follows seconds later, and the message covers the time before both.
 *
 * @param workerAt when a worker was last seen: after a job of hours its announcement is old, and its end may not be logged yet
 */
export function inFlight(signs: Signs, now: number, workerAt = -Infinity): InFlight {
  if (signs.workers > 0) return "worker";
  return claims(signs, now, workerAt).find(({ from, until }) => from <= now && now <= until)?.sign;
}

/**
 * The sign that a wait from `begun` to now was for, if only time ended that wait: the sign is still there but has expired.
 * Undefined if a job ran and ended, or if there was nothing to wait for.
 */
export function expiredSign(signs: Signs, begun: number, now: number, workerAt = -Infinity): InFlight {
  if (signs.workers > 0) return undefined;
  return claims(signs, now, workerAt).find(({ until }) => begun <= until && until < now)?.sign;
}

/** The signs of a job without a worker, each with the period in which it counts, in ms since the epoch. */
function claims(signs: Signs, now: number, workerAt: number): { sign: InFlight; from: number; until: number }[] {
  // Without a listener no job can be acquired or announced, so what an earlier one wrote is void.
  if (signs.listener === undefined) return [];
  const { announced, announcedAt, messageAt } = signs;
  const found: ReturnType<typeof claims> = [];
  // Every announcement of a job has a timestamp. One without would have no bound, so it counts from the last worker on.
  if (announced === "busy") {
    found.push({ sign: "announced", from: -Infinity, until: Math.max(announcedAt ?? -Infinity, workerAt) + WORKERLESS_BOUND_MS });
  }
  // The announcement's timestamp has whole seconds, the message's has fractions. A message in the same second as the
  // announcement may have come before or after it. Treating it as later costs a bounded wait; the opposite may cost a job.
  // The same holds for an announcement from the future: the clock was set back since, so the order is unknown.
  if (messageAt !== undefined && (announcedAt === undefined || messageAt >= announcedAt || announcedAt > now)) {
    found.push({ sign: "message", from: messageAt - ACQUIRE_BOUND_MS, until: messageAt + ACQUIRE_BOUND_MS });
  }
  return found;
}
