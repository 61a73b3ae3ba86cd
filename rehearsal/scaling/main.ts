/** `npm run scaling`. Exit codes: 0 the policy followed the truth, 1 it did not or an error, 2 invalid command line. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../cli/options";
import { type Comparison, compare } from "./compare";
import { HELP, parseScalingOptions } from "./options";
import { EXPERIMENTS, scalingPage } from "./page";
import { SIGNALS } from "./parameters";
import { textTable } from "./table";

function main(argv: string[]): number {
  const options = parseScalingOptions(argv);
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const comparisons = ("out" in options ? EXPERIMENTS : [options.experiment]).map((experiment) => {
    const comparison = compare(experiment);
    console.log(textTable(comparison));
    return comparison;
  });
  if ("out" in options) {
    mkdirSync(options.out, { recursive: true });
    writeFileSync(join(options.out, "scaling.md"), scalingPage(comparisons));
  } else if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(comparisons[0], null, 2)}\n`);
  }
  const failures = comparisons.flatMap(brokenPromises);
  for (const failure of failures) console.error(failure);
  return failures.length === 0 ? 0 : 1;
}

/** What must hold on every day, by the policy of this project. */
function brokenPromises({ load, rules }: Comparison): string[] {
  const { lost, behind, settled } = rules[0]!.figures;
  // A reconciliation, and the signal after it.
  const most = SIGNALS.reconcile + SIGNALS.pass;
  const found: string[] = [];
  if (lost > 0) found.push(`${load}: ${lost} jobs were lost`);
  if (behind > most) found.push(`${load}: for ${behind} s fewer instances were desired than needed, at most ${most} s are allowed`);
  if (settled === null) found.push(`${load}: an hour after the last job the group has not shrunk to its minimum`);
  return found;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
