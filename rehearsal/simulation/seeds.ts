import { fork } from "node:child_process";
import { join } from "node:path";
import { stuck } from "./budgets";
import type { SeedRange, SimulationOptions } from "./options";
import type { SeedReport } from "./seed-process";

/** The simulation's own process gets the flags of `npm run simulate`. */
const EXEC_ARGV = ["--max-semi-space-size=64", "-r", "ts-node/register"];

/** Columns of a line: one for each budget. */
const COLUMNS = ["seed", "busiest hour", "lost", "stuck", "left over", "longest tail", "seconds", "MiB"];

export interface SeedOutcome extends Partial<SeedReport> {
  seed: number;
  /** Every budget that this seed has broken; empty on success. */
  failures: string[];
}

/**
 * Simulates one seed after the other, each in a process of its own, so that one measures neither the memory of another nor
 * what another has compiled. Says one line for each.
 *
 * @param say prints a line, while the simulation goes on.
 */
export async function simulateSeeds(options: SimulationOptions, range: SeedRange, say: (line: string) => void): Promise<SeedOutcome[]> {
  const outcomes: SeedOutcome[] = [];
  say(COLUMNS.join("  "));
  for (let seed = range.first; seed <= range.last; seed++) {
    const outcome = await simulateSeed({ ...options, seed }, range);
    outcomes.push(outcome);
    say(line(outcome));
  }
  return outcomes;
}

async function simulateSeed(options: SimulationOptions, { maxSeconds, maxMib }: SeedRange): Promise<SeedOutcome> {
  const { seed } = options;
  try {
    const report = await inProcess(options);
    const { seconds, mib } = report;
    const failures = [...report.result.failures];
    if (seconds > maxSeconds) failures.push(`it took ${seconds.toFixed(1)} s, at most ${maxSeconds} s are allowed (--max-seconds)`);
    if (mib > maxMib) failures.push(`it used ${Math.ceil(mib)} MiB, at most ${maxMib} MiB are allowed (--max-mib)`);
    return { seed, ...report, failures };
  } catch (error) {
    return { seed, failures: [error instanceof Error ? error.message : String(error)] };
  }
}

function inProcess(options: SimulationOptions): Promise<SeedReport> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "seed-process.ts"), { execArgv: EXEC_ARGV });
    let report: SeedReport | undefined;
    child.once("message", (message) => (report = message as SeedReport));
    child.once("error", reject);
    // Only then the next seed may start: it must not share the machine.
    child.once("exit", (code, signal) => {
      if (report) resolve(report);
      else reject(new Error(`its process ended without a result (${signal ?? `exit code ${code}`})`));
    });
    child.send(options);
  });
}

function line({ seed, result, seconds = 0, mib = 0, failures }: SeedOutcome): string {
  const figures = result
    ? [
        seed,
        result.calls.github.busiest,
        result.jobs.lost,
        stuck(result),
        result.left.length,
        `${result.longestTailSeconds} s`,
        seconds.toFixed(1),
        Math.ceil(mib),
      ]
    : [seed];
  const cells = COLUMNS.map((name, column) => String(figures[column] ?? "-").padStart(name.length));
  return `${cells.join("  ")}  ${failures.length === 0 ? "ok" : `FAILED: ${failures.join("; ")}`}`;
}
