import { commandLine, oneOf, option, seedRange, text, toggle, UsageError } from "../../cli/options";
import type { Experiment } from "./compare";

const ABOUT = `Simulates days of CI jobs whose parameters are published, and compares the pool's scaling policy, the same code as in its
function, with Buildkite's rule at its defaults and with fixed fleets: what they cost as a ratio to an optimum that knows
the future, and how long jobs wait. Exits 0 only if the policy lost no job and followed the truth within one
reconciliation. It needs neither a network nor an account.`;

const COMMAND = commandLine(
  "npm run scaling",
  ABOUT,
  {
    load: option({
      metavar: "NAME",
      help: `day-200: 200 repositories; day-20: 20 of them;
agents: programs write most of the code, day and night;
storm: day-200 and a matrix of 256 jobs`,
      parse: oneOf("day-200", "day-20", "agents", "storm"),
      shown: "day-200",
    }),
    seeds: option({ metavar: "A..B", help: "days to simulate, one for each seed", parse: seedRange, shown: "1..10" }),
    boots: option({
      metavar: "LAW",
      help: "iid: each boot time for itself; correlated: those of a burst are alike",
      parse: oneOf("iid", "correlated"),
      shown: "iid",
    }),
    outage: toggle("GitHub is down for 20 minutes from 11:02"),
    json: option({ metavar: "FILE", help: "write the figures to FILE", parse: text }),
    out: option({ metavar: "DIR", help: "write the page scaling.md to DIR, with the experiments that it shows", parse: text }),
  },
  ["[--load NAME] [--seeds A..B] [--boots LAW] [--outage] [--json FILE]", "--out DIR"],
);

export const HELP = COMMAND.help;

export type ScalingOptions = { out: string } | { experiment: Experiment; json?: string };

/** Parses the command line. Returns undefined for `--help`. @throws UsageError */
export function parseScalingOptions(argv: string[]): ScalingOptions | undefined {
  const values = COMMAND.parse(argv);
  if (values === undefined) return undefined;
  const { out, json, outage, load, seeds, boots } = values;
  if (out === undefined) {
    const experiment: Experiment = { load: load ?? "day-200", seeds: seeds ?? { first: 1, last: 10 }, boots: boots ?? "iid", outage };
    return { experiment, ...(json === undefined ? {} : { json }) };
  }
  if (outage || [json, load, seeds, boots].some((value) => value !== undefined))
    throw new UsageError("--out: the page shows experiments of its own; omit the other options");
  return { out };
}
