/** A process that simulates one seed and sends its result to the parent, with what it cost. */
import type { SimulationOptions } from "./options";
import type { SimulationResult } from "./result";
import { simulate } from "./simulate";

export interface SeedReport {
  result: SimulationResult;
  /** Since the start of the process. */
  seconds: number;
  /** Peak memory of the process with all its threads, in MiB. */
  mib: number;
}

async function run(options: SimulationOptions): Promise<void> {
  const result = await simulate(options);
  // maxRSS is in KiB.
  const report: SeedReport = { result, seconds: process.uptime(), mib: process.resourceUsage().maxRSS / 1024 };
  process.send?.(report, () => process.exit(0));
}

process.once("message", (options) => void run(options as SimulationOptions));
