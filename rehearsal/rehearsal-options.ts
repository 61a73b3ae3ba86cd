import { commandLine, onOrOff, oneOf, option, text, toggle, UsageError, wholeNumber } from "../cli/options";

/** Short names of the components that can be rehearsed. */
const SCENARIO_NAMES = ["pool", "persistent"] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** Options of a rehearsal. Every field has a flag of the same name; HELP documents meanings and defaults. */
export interface RehearsalOptions {
  scenario: ScenarioName;
  stack: string;
  hosts: "systemd" | "simulated" | "auto";
  instances: number;
  jobs: number;
  jobSeconds: { min: number; max: number };
  scaleIns: number;
  outage: number;
  seed: number;
  drain: boolean;
  lease: boolean;
  runnerDir?: string;
  json?: string;
  report: string;
  keep: boolean;
}

const ABOUT = `Deploys a stack of this project on this machine with the real Pulumi engine, runs CI jobs on it, scales it in while
they run, updates it, lets it follow its queue, destroys it, and reports what happened. Exits 0 only if no job was lost
and nothing was stuck, denied or left over. With --scenario persistent: workflows of two repositories use one machine,
which sleeps between them.`;

const COMMAND = commandLine("npm run rehearse", ABOUT, {
  scenario: option({
    metavar: "NAME",
    help: `component to rehearse: pool or persistent. The options from
--instances to --outage, and --drain, are the pool's`,
    parse: oneOf(...SCENARIO_NAMES),
    default: "pool",
  }),
  stack: option({
    metavar: "NAME",
    help: `stack whose configuration to rehearse: dev, sandbox, prod, or
that of an example: team`,
    parse: text,
    default: "dev",
  }),
  hosts: option({
    metavar: "KIND",
    help: `systemd: machines with a real systemd (needs Linux and root);
simulated: the same decisions on a virtual clock;
auto: systemd where this machine supports it, else simulated`,
    parse: oneOf("systemd", "simulated", "auto"),
    default: "auto",
  }),
  instances: option({ metavar: "N", help: "instances in service, 1 or more", parse: wholeNumber(1), default: "3" }),
  jobs: option({
    metavar: "N",
    help: "jobs to run, 3 or more; 4 more while the pool follows its queue",
    parse: wholeNumber(3),
    default: "12",
  }),
  "job-seconds": option({
    metavar: "MIN-MAX",
    help: "duration of a job's steps, in seconds",
    parse: secondsRange,
    default: "5-25",
  }),
  "scale-ins": option({ metavar: "N", help: "scale-ins under load, 0 or more", parse: wholeNumber(0), default: "3" }),
  outage: option({
    metavar: "N",
    help: `seconds for which GitHub is away while the pool follows its
queue, 0 or more`,
    parse: wholeNumber(0),
    default: "120",
  }),
  seed: option({
    metavar: "N",
    help: "the same seed gives the same job durations, ids and choices",
    parse: wholeNumber(0),
    default: "1",
  }),
  drain: option({
    metavar: "on|off",
    help: `off: the control experiment, in which the unit has no ExecStop,
as in the design that this project builds on; jobs are lost`,
    parse: onOrOff,
    default: "on",
  }),
  lease: option({
    metavar: "on|off",
    help: `off: the control experiment of the scenario persistent: workflows
start and stop the machine themselves and trust in concurrency
groups, as in the design that this project builds on`,
    parse: onOrOff,
    default: "on",
  }),
  "runner-dir": option({
    metavar: "DIR",
    help: `files in DIR replace those of the runner stand-in, if you have
the official ones: bin/runsvc.sh, bin/RunnerService.js`,
    parse: text,
  }),
  json: option({ metavar: "FILE", help: "write the figures to FILE", parse: text }),
  report: option({ metavar: "FILE.html", help: "write the report to FILE.html", parse: htmlFile, default: "rehearsal-report.html" }),
  keep: toggle(`after the scale-ins keep everything up for inspection, until
Ctrl-C; prints how to enter each machine. The queue is not followed`),
});

export const HELP = COMMAND.help;

/** Parses the command line. Returns undefined for `--help`. @throws UsageError */
export function parseOptions(argv: string[]): RehearsalOptions | undefined {
  const values = COMMAND.parse(argv);
  if (!values) return undefined;
  const { "job-seconds": jobSeconds, "scale-ins": scaleIns, "runner-dir": runnerDir, ...rest } = values;
  return { ...rest, jobSeconds, scaleIns, runnerDir };
}

function secondsRange(given: string, flag: string): { min: number; max: number } {
  const match = /^(\d+)-(\d+)$/.exec(given);
  const min = Number(match?.[1]);
  const max = Number(match?.[2]);
  if (!match || min < 1 || max < min) {
    throw new UsageError(`${flag} ${given}: give two whole numbers of seconds, the smaller first, such as 5-25`);
  }
  return { min, max };
}

function htmlFile(given: string, flag: string): string {
  if (!given.endsWith(".html")) throw new UsageError(`${flag} ${given}: give a file name that ends with .html`);
  return given;
}
