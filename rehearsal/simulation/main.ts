import { writeFileSync } from "node:fs";
import { UsageError } from "../../cli/options";
import { HELP, parseSimulationOptions } from "./options";
import { simulate } from "./simulate";
import { simulationSummary } from "./summary";

async function main(argv: string[]): Promise<number> {
  const options = parseSimulationOptions(argv);
  if (!options) {
    console.log(HELP);
    return 0;
  }
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
