/** Other names for what is only compared with its equals. */
import { RUNS } from "./parts";

export interface Renaming {
  /** Added to each generation. */
  by: number;
  /** Of two launches at the same moment, the one is called as the other was. */
  flip: boolean;
  /** Each run gets the other's name. */
  swap: boolean;
}

const FIELDS: Record<string, (value: any, renaming: Renaming) => unknown> = {
  generation: (value: number, { by }) => value + by,
  runnerId: (value: number | null, { by }) => (value === null ? null : value + by),
  holder: (value: string, { swap }) => (swap ? RUNS.find((run) => run !== value) : value),
  // Its generation and the reason.
  failure: (value: string, { by }) => value.replace(/^\d+/, (generation) => String(Number(generation) + by)),
  launchedBefore: (value: number, { flip }) => (flip ? flipped(value) : value),
  launchedAt: (value: number, { flip }) => (flip ? flipped(value) : value),
};

/** Of a lease, of the machine's power, or of a runner. */
export function renamedObject<T extends object>(of: T, renaming: Renaming): T {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, FIELDS[name]?.(value, renaming) ?? value])) as T;
}

/** Two launches at the same moment differ by a millisecond (time.ts). */
function flipped(time: number): number {
  return time % 2 === 0 ? time + 1 : time - 1;
}
