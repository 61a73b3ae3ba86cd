import { commandLine, onOrOff, option, seedRange, text, UsageError, wholeNumber } from "../../cli/options";

export interface SimulationOptions {
  instances: number;
  pools: number;
  hours: number;
  seed: number;
  /** Jobs per instance and hour, on average over the day. */
  jobsPerHour: number;
  storms: boolean;
  json?: string;
}

/** Seeds to simulate one after the other, and what each may cost. */
export interface SeedRange {
  first: number;
  last: number;
  maxSeconds: number;
  maxMib: number;
}

const INSTANCES_PER_POOL = 1000;

const ABOUT = `Runs pools for hours or days on a virtual clock: the agent's own decisions and the functions' own logic, with stand-ins
for AWS and GitHub, a load that follows the time of day, and three incidents (half of all instances scaled in at once, a
regional brown-out of AWS's APIs for 20 minutes, GitHub down for 30). Exits 0 only if no job was lost, nothing was stuck
or left over, and no budget of calls to AWS or GitHub was exceeded: of the 5,000 calls that GitHub allows to an App in an
hour, at most 4,750 are used. With --seeds each seed runs in its own process, and none may take longer or use more memory
than allowed.`;

const COMMAND = commandLine("npm run simulate", ABOUT, {
  instances: option({ metavar: "N", help: "instances in service in the busiest hour, 1 or more", parse: wholeNumber(1), default: "10000" }),
  pools: option({
    metavar: "N",
    help: "pools that share the instances and one GitHub App",
    parse: wholeNumber(1),
    shown: `one per ${INSTANCES_PER_POOL} instances`,
  }),
  hours: option({ metavar: "N", help: "hours to simulate, 1 or more", parse: wholeNumber(1), default: "24" }),
  "jobs-per-hour": option({
    metavar: "N",
    help: "jobs per instance and hour, on average",
    parse: wholeNumber(0),
    default: "2",
  }),
  storms: option({ metavar: "on|off", help: "off: a day without incidents", parse: onOrOff, default: "on" }),
  seed: option({ metavar: "N", help: "the same seed gives the same run", parse: wholeNumber(0), default: "1" }),
  seeds: option({ metavar: "A..B", help: "all seeds from A to B instead of one", parse: seedRange }),
  "max-seconds": option({ metavar: "N", help: "with --seeds: seconds for one seed", parse: wholeNumber(1), default: "75" }),
  "max-mib": option({ metavar: "N", help: "with --seeds: MiB of memory for one seed", parse: wholeNumber(1), default: "1331" }),
  json: option({ metavar: "FILE", help: "write the figures to FILE", parse: text }),
});

export const HELP = COMMAND.help;

/** Parses the command line. Returns undefined for `--help`. @throws UsageError */
export function parseSimulationOptions(argv: string[]): SimulationOptions | undefined {
  return parseSimulation(argv)?.options;
}

/** The same, with the range of `--seeds` if it was given. */
export function parseSimulation(argv: string[]): { options: SimulationOptions; seeds?: SeedRange } | undefined {
  const values = COMMAND.parse(argv);
  if (values === undefined) return undefined;
  const { instances, pools = Math.ceil(instances / INSTANCES_PER_POOL), hours, seed, storms, json } = values;
  if (pools > instances) throw new UsageError(`--pools ${pools}: give at most the number of instances, ${instances}`);
  const options = { instances, pools, hours, seed, jobsPerHour: values["jobs-per-hour"], storms, ...(json === undefined ? {} : { json }) };
  if (values.seeds === undefined) return { options };
  return { options, seeds: { ...values.seeds, maxSeconds: values["max-seconds"], maxMib: values["max-mib"] } };
}
