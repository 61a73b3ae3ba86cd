/** The project's targets for its own figures. */
import { FUNCTIONS } from "./catalogue";
import type { Samples } from "./results";
import { median, p99, pairedRatio } from "./statistics";

export interface Aim {
  id: string;
  what: string;
  /** The figure must not exceed it. */
  limit: number;
  unit: string;
  /** Ids of the samples that the figure is computed from. */
  needs: string[];
  figure(samples: Samples): number;
}

export interface AimResult {
  aim: Aim;
  figure: number;
  met: boolean;
}

const of = (id: string, statistic: (values: readonly number[]) => number, divisor = 1) => ({
  needs: [id],
  figure: (samples: Samples) => statistic(samples[id]!) / divisor,
});

/**
 * Processor time is compared with that of an empty Node program in the same run: on a machine that shares its cores, that
 * program took 24 ms on one day and 63 ms on another.
 */
const EMPTY_NODE = "functions.node";
const MINUTE_MS = 60_000;

export const AIMS: readonly Aim[] = [
  {
    id: "hook",
    what: "our hook takes at most 1/25 of the CLI's time",
    limit: 1 / 25,
    unit: "",
    needs: ["hook.ours", "hook.cli"],
    figure: (samples) => 1 / pairedRatio(samples["hook.cli"]!, samples["hook.ours"]!),
  },
  { id: "detect", what: "a termination is detected, p99", limit: 2, unit: "s", ...of("drain.detect", p99, 1000) },
  { id: "tail", what: "tail of the drain, p99", limit: 10, unit: "s", ...of("drain.tail", p99, 1000) },
  ...FUNCTIONS.map((name) => ({
    id: `zip-${name}`,
    what: `package of ${name}`,
    limit: 1024,
    unit: "KiB",
    ...of(`functions.${name}.zip`, median),
  })),
  ...FUNCTIONS.map((name) => ({
    id: `ready-${name}`,
    what: `cold start of ${name} until ready, in starts of an empty Node program`,
    limit: 5,
    unit: "starts",
    needs: [`functions.${name}.cold`, EMPTY_NODE],
    figure: (samples: Samples) => pairedRatio(samples[`functions.${name}.cold`]!, samples[EMPTY_NODE]!),
  })),
  {
    id: "memory",
    what: "agent's memory when idle, largest reading",
    limit: 60,
    unit: "MiB",
    ...of("agent.memory", (values) => Math.max(...values)),
  },
  {
    id: "cpu",
    what: "agent's CPU in an idle minute, in starts of an empty Node program",
    limit: 10,
    unit: "starts",
    needs: ["agent.cpu", EMPTY_NODE],
    figure: (samples) => (mean(samples["agent.cpu"]!) / 100) * (MINUTE_MS / median(samples[EMPTY_NODE]!)),
  },
];

/** Results of the aims whose samples exist; a partial run evaluates only its part. */
export function aimResults(samples: Samples): AimResult[] {
  return AIMS.filter(({ needs }) => needs.every((id) => (samples[id]?.length ?? 0) > 0)).map((aim) => {
    const figure = aim.figure(samples);
    return { aim, figure, met: figure <= aim.limit };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
