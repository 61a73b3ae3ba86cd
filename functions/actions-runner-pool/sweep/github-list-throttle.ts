import { TIMING } from "../../../contract/actions-runner-pool/timing";

const SWEEP_MS = TIMING.sweepInterval * 1000;
const SWEEPS_PER_HOUR = 3_600_000 / SWEEP_MS;
/**
 * Calls per hour that one pool spends on listing its organization's runners, on average, however many there are. Ten pools
 * then use 1,500 of the 5,000 calls of one GitHub App. It is enough for 12 pages, 1,200 runners, in every sweep.
 */
const CALLS_PER_HOUR = 150;
/** Consecutive slots: the alarm on unregistered instances requires two reports within 15 minutes. */
const IN_A_ROW = 2;

/**
 * Whether this sweep may list `pages` pages. Pools are offset from one another.
 *
 * @param now milliseconds since the epoch.
 */
export function mayList(pages: number, pool: string, now: number): boolean {
  if (pages * SWEEPS_PER_HOUR <= CALLS_PER_HOUR) return true;
  const cycle = Math.ceil((IN_A_ROW * pages * SWEEPS_PER_HOUR) / CALLS_PER_HOUR);
  const sweep = Math.floor(now / SWEEP_MS) + offset(pool);
  return sweep % cycle < IN_A_ROW;
}

/** Spreads the pools' slots over time. */
function offset(pool: string): number {
  let sum = 0;
  for (const letter of pool) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum;
}
