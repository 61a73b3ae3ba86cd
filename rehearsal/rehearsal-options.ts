import { parseArgs } from "node:util";

/** What a rehearsal is asked to do. Every field has a flag of the same name; see HELP for meanings and defaults. */
export interface RehearsalOptions {
  stack: string;
  hosts: "systemd" | "simulated" | "auto";
  instances: number;
  jobs: number;
  jobSeconds: { min: number; max: number };
  scaleIns: number;
  seed: number;
  drain: boolean;
  runnerDir?: string;
  json?: string;
  report: string;
  keep: boolean;
}

export const HELP = `Usage: npm run rehearse -- [options]

Deploys a stack of this project on this machine with the real Pulumi engine, runs CI jobs on it, scales it in while
they run, changes it, destroys it, and shows what happened. Exits 0 only if no job was lost and nothing was stuck,
denied or left over.

  --stack NAME          whose configuration to rehearse: dev, sandbox or prod            (dev)
  --hosts KIND          systemd: machines with a real systemd (root, Linux);
                        simulated: the same decisions on a virtual clock;
                        auto: systemd where this machine can, else simulated             (auto)
  --instances N         instances in service, 1 or more                                  (3)
  --jobs N              jobs to run in all, 3 or more                                    (12)
  --job-seconds MIN-MAX how long a job's steps take, in seconds                          (5-25)
  --scale-ins N         scale-ins under load, 0 or more                                  (3)
  --seed N              the same seed gives the same job lengths, ids and choices        (1)
  --drain on|off        off: the control experiment, in which the unit has no ExecStop,
                        as in the design that this one starts from; jobs are lost        (on)
  --runner-dir DIR      files in DIR replace those of the runner stand-in, for who has
                        the official ones: bin/runsvc.sh, bin/RunnerService.js
  --json FILE           write the figures there
  --report FILE.html    write the report there                       (rehearsal-report.html)
  --keep                after the scale-ins leave everything up for a look, until Ctrl-C;
                        prints how to enter each machine
  --help                this text
`;

/** Thrown for a flag that makes no sense; the text names the flag, the value and what would do. */
export class UsageError extends Error {}

/** Reads the command line. Returns undefined when help was asked for. */
export function parseOptions(argv: string[]): RehearsalOptions | undefined {
  const values = read(argv);
  if (values.help) return undefined;
  const hosts = values.hosts ?? "auto";
  if (hosts !== "systemd" && hosts !== "simulated" && hosts !== "auto") {
    throw new UsageError(`--hosts ${hosts}: give systemd, simulated or auto`);
  }
  const drain = values.drain ?? "on";
  if (drain !== "on" && drain !== "off") throw new UsageError(`--drain ${drain}: give on or off`);
  const report = values.report ?? "rehearsal-report.html";
  if (!report.endsWith(".html")) throw new UsageError(`--report ${report}: give a file name that ends in .html`);
  return {
    stack: values.stack ?? "dev",
    hosts,
    instances: whole("--instances", values.instances ?? "3", 1),
    jobs: whole("--jobs", values.jobs ?? "12", 3),
    jobSeconds: range("--job-seconds", values["job-seconds"] ?? "5-25"),
    scaleIns: whole("--scale-ins", values["scale-ins"] ?? "3", 0),
    seed: whole("--seed", values.seed ?? "1", 0),
    drain: drain === "on",
    runnerDir: values["runner-dir"],
    json: values.json,
    report,
    keep: values.keep ?? false,
  };
}

function read(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: false,
      options: {
        stack: { type: "string" },
        hosts: { type: "string" },
        instances: { type: "string" },
        jobs: { type: "string" },
        "job-seconds": { type: "string" },
        "scale-ins": { type: "string" },
        seed: { type: "string" },
        drain: { type: "string" },
        "runner-dir": { type: "string" },
        json: { type: "string" },
        report: { type: "string" },
        keep: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nRun npm run rehearse -- --help for the options.`);
  }
}

/** The flag's value as a whole number, or a UsageError that says which would do. */
export function whole(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`${flag} ${text}: give a whole number of at least ${least}`);
  }
  return value;
}

function range(flag: string, text: string): { min: number; max: number } {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const min = Number(match?.[1]);
  const max = Number(match?.[2]);
  if (!match || min < 1 || max < min) {
    throw new UsageError(`${flag} ${text}: give two whole numbers of seconds, the smaller first, such as 5-25`);
  }
  return { min, max };
}
