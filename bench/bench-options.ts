import { commandLine, option, text, UsageError, wholeNumber } from "../cli/options";
import { GROUP_NAMES } from "./catalogue";

export interface BenchOptions {
  only: string[];
  samples: number;
  /** If absent, the page is printed and nothing is written. */
  out?: string;
}

const ABOUT = `Measures everything in one run and writes page, plot and raw samples. Requires root on Linux, as a rehearsal on real machines does.
Exits 1 if an aim was missed.`;

const COMMAND = commandLine("npm run bench", ABOUT, {
  only: option({
    metavar: "LIST",
    help: `some of ${GROUP_NAMES.join(", ")};\nprints the page unless --out is given`,
    parse: groups,
  }),
  // Enough for a meaningful median; fewer are for trying the benchmark itself.
  samples: option({ metavar: "N", help: "samples of each measurement, 1 or more", parse: wholeNumber(1), default: "20" }),
  out: option({ metavar: "DIR", help: "where to write benchmarks.md, .svg and .json", parse: text, shown: "docs" }),
});

export const HELP = COMMAND.help;

/** Reads the command line. Returns undefined when help was asked for. @throws UsageError */
export function parseBenchOptions(argv: string[]): BenchOptions | undefined {
  const values = COMMAND.parse(argv);
  if (!values) return undefined;
  const { only, samples, out = only === undefined ? "docs" : undefined } = values;
  return { only: only ?? [...GROUP_NAMES], samples, out };
}

function groups(given: string, flag: string): string[] {
  const names = given.split(",");
  const unknown = names.find((name) => !GROUP_NAMES.includes(name));
  if (unknown !== undefined) throw new UsageError(`${flag} ${unknown}: give some of ${GROUP_NAMES.join(", ")}, separated by commas`);
  return names;
}
