import { randomExponential, randomGamma, randomLogNormal, randomNormal, randomPoisson } from "d3-random";
import { Random } from "../random";

/** What is drawn from a seed. Each has a sequence of its own, so that one more draw of one kind changes no other. */
export const STREAM = { organization: 1, day: 2, boots: 3, assignment: 4, deliveries: 5, schedule: 6 } as const;

/** Seeded draws from the distributions that the loads are made of. */
export class Draws {
  private readonly random: Random;
  private readonly next = () => this.random.next();

  /** @param stream of STREAM. */
  constructor(seed: number, stream: number) {
    // Neighbouring seeds of mulberry32 give unrelated sequences.
    this.random = new Random(seed * 1000 + stream);
  }

  uniform(): number {
    return this.random.next();
  }

  between(min: number, max: number): number {
    return this.random.between(min, max);
  }

  chance(share: number): boolean {
    return this.random.next() < share;
  }

  exponential(mean: number): number {
    return randomExponential.source(this.next)(1 / mean)();
  }

  normal(): number {
    return randomNormal.source(this.next)(0, 1)();
  }

  logNormal(median: number, sigma: number): number {
    return randomLogNormal.source(this.next)(Math.log(median), sigma)();
  }

  /** A Poisson number whose mean is drawn from a gamma distribution: `overdispersion` is its variance divided by its mean, above 1. */
  clustered(mean: number, overdispersion: number): number {
    if (mean <= 0) return 0;
    const scale = overdispersion - 1;
    return randomPoisson.source(this.next)(randomGamma.source(this.next)(mean / scale, scale)())();
  }

  /** An index, with probabilities proportional to the weights. */
  weighted(cumulative: readonly number[]): number {
    const at = this.uniform() * cumulative.at(-1)!;
    return cumulative.findIndex((sum) => at < sum);
  }
}

export function cumulative(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => (sum += weight));
}
