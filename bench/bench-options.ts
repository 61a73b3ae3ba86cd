import { parseArgs } from "node:util";
import { UsageError } from "../rehearsal/rehearsal-options";
import { GROUP_NAMES } from "./catalogue";

export interface BenchOptions {
  only: string[];
  samples: number;
  /** Absent: the page is printed, and nothing is written. */
  out?: string;
}

/** What a median is worth quoting with; fewer are for trying the benchmark itself. */
const SAMPLES = 20;

export const HELP = `Usage: npm run bench -- [options]

Measures, in one run, and writes page, plot and raw samples. Needs what a rehearsal on real machines needs: root, Linux.
Exits 1 if an aim was missed.

  --only LIST     of ${GROUP_NAMES.join(", ")}; prints the page unless --out is given
  --samples N     of each measurement, 1 or more                                          (${SAMPLES})
  --out DIR       where benchmarks.md, .svg and .json go                                  (docs)
  --help          this text
`;

/** Reads the command line. Returns undefined when help was asked for. */
export function parseBenchOptions(args: string[]): BenchOptions | undefined {
  const values = read(args);
  if (values.help) return undefined;
  const only = values.only?.split(",") ?? [...GROUP_NAMES];
  const unknown = only.find((name) => !GROUP_NAMES.includes(name));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: give some of ${GROUP_NAMES.join(", ")}, separated by commas`);
  const text = values.samples ?? `${SAMPLES}`;
  const samples = Number(text);
  if (!/^\d+$/.test(text) || samples < 1) throw new UsageError(`--samples ${text}: give a whole number of at least 1`);
  return { only, samples, out: values.out ?? (values.only === undefined ? "docs" : undefined) };
}

function read(args: string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({ args, allowPositionals: false, options: { only: text, samples: text, out: text, help: { type: "boolean" } } })
      .values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nRun npm run bench -- --help for the options.`);
  }
}
