/** The middle value; for an even number the mean of the two middle ones. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Nearest rank: the smallest value that 99 % of all do not exceed. Of fewer than 100 values this is the largest. */
export function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? NaN;
}

/**
 * The ratio of `slow` to `fast`: the median over pairs that were measured immediately after each other, so that a
 * disturbance of the machine affects both.
 */
export function pairedRatio(slow: readonly number[], fast: readonly number[]): number {
  if (slow.length !== fast.length) throw new Error(`${slow.length} and ${fast.length} samples cannot be paired`);
  return median(slow.map((value, index) => value / fast[index]!));
}
