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
  return claims(signs, now, workerAt).find(({ from, until }) => from <= now && now <= until)?.sign;
}

/**
 * What a wait from `begun` to now was for, if nothing but the time ended it: a sign that is still there and that nobody
 * has to believe any more. Undefined where a job was there and has ended, and where nothing had to be waited for.
 */
export function waitedInVainFor(signs: Signs, begun: number, now: number, workerAt = -Infinity): InFlight {
  if (signs.workers > 0) return undefined;
  return claims(signs, now, workerAt).find(({ until }) => begun <= until && until < now)?.sign;
}

/** The signs that there may be a job without a worker, each with the time in which it is believed, in ms since the epoch. */
function claims(signs: Signs, now: number, workerAt: number): { sign: InFlight; from: number; until: number }[] {
  // Without a listener nobody can acquire or announce anything, so what an earlier one said is void.
  if (signs.listener === undefined) return [];
  const { announced, announcedAt, messageAt } = signs;
  const found: ReturnType<typeof claims> = [];
  if (announced === "busy") {
    found.push({ sign: "announced", from: -Infinity, until: Math.max(announcedAt ?? now, workerAt) + WORKERLESS_BOUND_MS });
  }
  // The announcement's stamp has whole seconds, the message's has fractions. A message in the same second as the
  // announcement may have come before or after it; taking it for a later one costs a bounded wait, the other choice a job.
  // So it is with an announcement from the future: the clock was set back since, and the message may be of before or after.
  if (messageAt !== undefined && (announcedAt === undefined || messageAt >= announcedAt || announcedAt > now)) {
    found.push({ sign: "message", from: messageAt - ACQUIRE_BOUND_MS, until: messageAt + ACQUIRE_BOUND_MS });
  }
  return found;
}
