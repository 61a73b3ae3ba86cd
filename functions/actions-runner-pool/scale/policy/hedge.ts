/** Share of the urgent jobs for which one more instance is launched. */
const SHARE = 0.3;
/** With fewer, a single extra launch would add a third or more to the cost of them all. */
const FEWEST = 4;

/**
 * Launches beyond one for each urgent job. Boot times vary widely (median 45 s, p99 150 s), and jobs go to whichever runner is ready
 * first: with 30 % more, the slowest boots seldom delay one. What boots in vain is left to its idle timeout. Simulated days put a price on
 * it: docs/scaling.md.
 *
 * @param urgent waiting jobs that no idle runner can take.
 */
export function hedge(urgent: number): number {
  return urgent < FEWEST ? 0 : Math.round(urgent * SHARE);
}
