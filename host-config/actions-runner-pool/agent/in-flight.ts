import type { Signs } from "./ports/job-signs";

/**
 * After a message the listener acquires the job: up to 5 tries, 5-15 s apart. A message that led to no announcement
 * within this time was skipped (another runner took the job), so nobody has to wait for it.
 */
export const ACQUIRE_BOUND_MS = 100_000;

/**
 * From the announcement to the worker the listener renews the job's lock once. If it cannot, or the job is cancelled
 * meanwhile, it drops the job without another word, and its last announcement says "busy" until the next job. GitHub
 * gives up a job whose lock nobody renews after some ten minutes, so after this time there is nothing left to wait for.
 */
export const WORKERLESS_BOUND_MS = 900_000;

export type InFlight = "worker" | "announced" | "message" | undefined;

/**
 * Why the runner may hold a job, or undefined if it holds none. Any one sign is enough: a worker process exists only
 * from seconds after the acquisition, and the announcement only after it; the message mark covers the time before.
 *
 * @param workerAt when a worker was last seen: after a job of hours its announcement is old, its end yet unwritten.
 */
export function inFlight(signs: Signs, now: number, workerAt = -Infinity): InFlight {
  if (signs.workers > 0) return "worker";
  // Without a listener nobody can acquire or announce anything, so what an earlier one said is void.
  if (signs.listener === undefined) return undefined;
  if (signs.announced === "busy" && now - Math.max(signs.announcedAt ?? now, workerAt) <= WORKERLESS_BOUND_MS) return "announced";
  if (messagePending(signs, now)) return "message";
  return undefined;
}

/**
 * The announcement's stamp has whole seconds, the message's has fractions. A message in the same second as the
 * announcement may have come before or after it; taking it for a later one costs a bounded wait, the other choice a job.
 * So it is with an announcement from the future: the clock was set back since, and the message may be of before or after.
 */
function messagePending(signs: Signs, now: number): boolean {
  if (signs.messageAt === undefined) return false;
  if (Math.abs(now - signs.messageAt) > ACQUIRE_BOUND_MS) return false;
  return signs.announcedAt === undefined || signs.messageAt >= signs.announcedAt || signs.announcedAt > now;
}
