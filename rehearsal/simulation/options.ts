import { commandLine, onOrOff, option, text, UsageError, wholeNumber } from "../../cli/options";

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

const INSTANCES_IN_A_POOL = 1000;

const ABOUT = `Runs pools for hours or days on a virtual clock: the agent's own decisions and the functions' own logic, with stand-ins
for AWS and GitHub, a load that follows the day, and three storms (half of all instances scaled in at once, a regional
brown-out of AWS's APIs of 20 minutes, GitHub down for 30). Exits 0 only if no job was lost, nothing was stuck or left
over, and no budget of calls to AWS or GitHub was exceeded.`;

const COMMAND = commandLine("npm run simulate", ABOUT, {
  instances: option({ metavar: "N", help: "instances in service at the busiest hour, 1 or more", parse: wholeNumber(1), default: "10000" }),
  pools: option({
    metavar: "N",
    help: "pools that share them and one GitHub App",
    parse: wholeNumber(1),
    shown: `one for each ${INSTANCES_IN_A_POOL} instances`,
  }),
  hours: option({ metavar: "N", help: "hours to simulate, 1 or more", parse: wholeNumber(1), default: "24" }),
  "jobs-per-hour": option({
    metavar: "N",
    help: "jobs for each instance in an hour, on average",
    parse: wholeNumber(0),
    default: "2",
  }),
  storms: option({ metavar: "on|off", help: "off: an ordinary day", parse: onOrOff, default: "on" }),
  seed: option({ metavar: "N", help: "the same seed gives the same run", parse: wholeNumber(0), default: "1" }),
  json: option({ metavar: "FILE", help: "write the figures there", parse: text }),
});

export const HELP = COMMAND.help;

/** Reads the command line. Returns undefined when help was asked for. @throws UsageError */
export function parseSimulationOptions(argv: string[]): SimulationOptions | undefined {
  const values = COMMAND.parse(argv);
  if (values === undefined) return undefined;
  const { instances, pools = Math.ceil(instances / INSTANCES_IN_A_POOL), hours, seed, storms, json } = values;
  if (pools > instances) throw new UsageError(`--pools ${pools}: give at most as many as there are instances, ${instances}`);
  return { instances, pools, hours, seed, jobsPerHour: values["jobs-per-hour"], storms, ...(json === undefined ? {} : { json }) };
}
