import type { Random } from "../random";

/** Bounds in milliseconds; if they are equal, no random number is drawn. */
export interface Span {
  min: number;
  max: number;
}

/** How long calls take. A span may be changed while a simulation runs. */
export interface Latencies {
  /** A function's call to AWS. */
  aws: Span;
  /** A function's call to GitHub. */
  github: Span;
  /** From the delivery of an event to the function's first line; a cold start takes half a second. */
  start: Span;
  /** A host's call to AWS. */
  host: Span;
}

export const USUAL_LATENCIES: Latencies = {
  aws: { min: 40, max: 120 },
  github: { min: 100, max: 300 },
  start: { min: 20, max: 500 },
  host: { min: 40, max: 120 },
};

export function draw(random: Random, { min, max }: Span): number {
  return min === max ? min : random.between(min, max);
}
