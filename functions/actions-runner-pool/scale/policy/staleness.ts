import type { Demand } from "../../../shared/demand/source";

/** Why the source's answer must not be trusted with scale-in; undefined if it may be. */
export function staleness({ completeAt, problem }: Demand, staleAfter: number, now: number): string | undefined {
  if (problem !== undefined) return `the source of demand reports a problem: ${problem}`;
  const age = now - completeAt;
  return age > staleAfter
    ? `the queue was last known ${Math.round(age / 1000)} s ago, at most ${staleAfter / 1000} s are allowed`
    : undefined;
}
