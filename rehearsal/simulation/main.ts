import { writeFileSync } from "node:fs";
import { UsageError } from "../../cli/options";
import { HELP, parseSimulation, type SeedRange, type SimulationOptions } from "./options";
import { simulateSeeds } from "./seeds";
import { simulate } from "./simulate";
import { simulationSummary } from "./summary";

async function main(argv: string[]): Promise<number> {
  const parsed = parseSimulation(argv);
  if (!parsed) {
    console.log(HELP);
    return 0;
  }
  const { options, seeds } = parsed;
  return seeds ? allOf(seeds, options) : one(options);
}

async function allOf(seeds: SeedRange, options: SimulationOptions): Promise<number> {
  const { instances, pools, hours, json } = options;
  console.log(`${instances} instances in ${pools} pools for ${hours} h, seeds ${seeds.first} to ${seeds.last}`);
  const outcomes = await simulateSeeds(options, seeds, (line) => console.log(line));
  const failed = outcomes.filter(({ failures }) => failures.length > 0).map(({ seed }) => seed);
  console.log(failed.length === 0 ? "Every seed held every budget." : `FAILED: seeds ${failed.join(", ")}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(outcomes, null, 2)}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function one(options: SimulationOptions): Promise<number> {
  const { instances, pools, hours, seed } = options;
  console.log(`${instances} instances in ${pools} pools for ${hours} h, --seed ${seed}`);
  const startedAt = performance.now();
  const result = await simulate(options);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(simulationSummary(result));
  // maxRSS is in KiB.
  console.log(`\n${seconds.toFixed(1)} s, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB peak memory`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  return result.failures.length === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
