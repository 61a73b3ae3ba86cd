import { parseArgs } from "node:util";
import { UsageError, whole } from "../../cli/options";

export interface SimulationOptions {
  instances: number;
  pools: number;
  hours: number;
  seed: number;
  /** Jobs that arrive for each instance in an hour, on average over the day. */
  jobsPerHour: number;
  storms: boolean;
  json?: string;
}

export const HELP = `Usage: npm run simulate -- [options]

Runs pools for hours or days on a virtual clock: the agent's own decisions and the functions' own logic, with stand-ins
for AWS and GitHub, a load that follows the day, and three storms (half of all instances scaled in at once, a regional
brown-out of AWS's APIs of 20 minutes, GitHub down for 30). Exits 0 only if no job was lost, nothing was stuck or left
over, and no budget of calls to AWS or GitHub was exceeded.

  --instances N      instances in service at the busiest hour, 1 or more                 (10000)
  --pools N          pools that share them and one GitHub App       (one for each 1000 instances)
  --hours N          hours to simulate, 1 or more                                           (24)
  --jobs-per-hour N  jobs for each instance in an hour, on average                           (2)
  --storms on|off    off: an ordinary day                                                   (on)
  --seed N           the same seed gives the same run                                        (1)
  --json FILE        write the figures there
  --help             this text
`;

/** Reads the command line. Returns undefined when help was asked for. */
export function parseSimulationOptions(argv: string[]): SimulationOptions | undefined {
  const values = read(argv);
  if (values.help) return undefined;
  const instances = whole("--instances", values.instances ?? "10000", 1);
  const pools = whole("--pools", values.pools ?? String(Math.ceil(instances / 1000)), 1);
  if (pools > instances) throw new UsageError(`--pools ${pools}: give at most as many as there are instances, ${instances}`);
  const storms = values.storms ?? "on";
  if (storms !== "on" && storms !== "off") throw new UsageError(`--storms ${storms}: give on or off`);
  return {
    instances,
    pools,
    hours: whole("--hours", values.hours ?? "24", 1),
    seed: whole("--seed", values.seed ?? "1", 0),
    jobsPerHour: whole("--jobs-per-hour", values["jobs-per-hour"] ?? "2", 0),
    storms: storms === "on",
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}

function read(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: false,
      options: {
        instances: { type: "string" },
        pools: { type: "string" },
        hours: { type: "string" },
        seed: { type: "string" },
        "jobs-per-hour": { type: "string" },
        storms: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nRun npm run simulate -- --help for the options.`);
  }
}
