import { TIMING } from "../../../contract/actions-runner-pool/timing";

const SWEEP_MS = TIMING.sweepInterval * 1000;
const SWEEPS_AN_HOUR = 3_600_000 / SWEEP_MS;
/**
 * Calls an hour that one pool may spend on listing its organization's runners: ten pools then take 1,500 of the 5,000
 * that one GitHub App has, however many runners there are. It is enough for twelve pages, 1,200 runners, each time.
 */
const CALLS_AN_HOUR = 150;
/** Slots in a row, since an alarm wants to see an instance without a runner twice in 15 minutes. */
const IN_A_ROW = 2;

/**
 * Whether this sweep is one that lists a list of so many pages. Each pool has slots of its own.
 *
 * @param now milliseconds since the epoch.
 */
export function mayList(pages: number, pool: string, now: number): boolean {
  if (pages * SWEEPS_AN_HOUR <= CALLS_AN_HOUR) return true;
  const cycle = Math.ceil((IN_A_ROW * pages * SWEEPS_AN_HOUR) / CALLS_AN_HOUR);
  const sweep = Math.floor(now / SWEEP_MS) + offset(pool);
  return sweep % cycle < IN_A_ROW;
}

/** Spreads the pools over the hours. */
function offset(pool: string): number {
  let sum = 0;
  for (const letter of pool) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum;
}
