/** What is measured, in the order of the page. A row's id is the key of its samples. */

type Unit = "ms" | "s" | "KiB" | "MiB" | "%" | "resources";

export interface Row {
  id: string;
  what: string;
  unit: Unit;
  /** How the plot calls it. */
  short?: string;
}

export interface BenchGroup {
  /** As `--only` names it. */
  name: string;
  title: string;
  /** What was done, so that a reader can judge the numbers. */
  how: string;
  rows: Row[];
}

export const FUNCTIONS = ["register", "deregister", "sweep"] as const;
export const STACKS = ["dev", "sandbox", "prod"] as const;

export const CATALOGUE: readonly BenchGroup[] = [
  {
    name: "hook",
    title: "Job-started hook",
    how:
      "Both in one machine of the pool, by turns (ours, CLI, ours, ...), each started by `setpriv USER bash -e FILE` and " +
      "timed by the same shell. The CLI's hook is one line, `exec aws autoscaling set-instance-protection ...`, with Debian's " +
      "`awscli`, and has group and instance written into it; it runs as root, because a job has no credentials here. The " +
      "API is the stand-in on the same machine: the way to a Region would come on top for the CLI, and not for our hook, " +
      "which leaves the call to the agent. The last two rows are of real jobs.",
    rows: [
      { id: "hook.ours", what: "our hook, until it returns to the runner", unit: "ms", short: "our hook" },
      { id: "hook.cli", what: "bash and the AWS CLI, until protection is set", unit: "ms", short: "bash + AWS CLI" },
      { id: "hook.job", what: "our hook in a job, by the runner's own clock", unit: "ms" },
      { id: "hook.protected", what: "job acquired until the agent has set protection, in the background", unit: "ms" },
    ],
  },
  {
    name: "drain",
    title: "Drain",
    how:
      "Instances in service are terminated through the group, one after the other: one whose job runs, then an idle one. " +
      "The tail holds 2.5 s of waiting on purpose: 1.5 s behind the fence in which a job that slipped in would show " +
      "itself, and 1 s for the listener to give up its poll before it gets the network back.",
    rows: [
      { id: "drain.detect", what: "`Terminating:Wait` in the group until the drain begins on the host", unit: "ms", short: "detect" },
      { id: "drain.tail", what: "end of the job until the lifecycle action is completed", unit: "ms", short: "tail after a job" },
      { id: "drain.idle", what: "`Terminating:Wait` until the action is completed, idle instance", unit: "ms", short: "whole drain, idle" },
    ],
  },
  {
    name: "boot",
    title: "Boot to ready",
    how:
      "Machines boot a real systemd and run the real user data, from launch on. Replacements of the drained ones start " +
      "together: two go into service, one from the warm pool, while a third prepares itself for the pool, on the same " +
      "cores. EC2's own minute until an instance's kernel starts is not in these numbers.",
    rows: [
      { id: "boot.cold", what: "launch until the runner is online", unit: "ms", short: "launch to online" },
      {
        id: "boot.pool",
        what: "launch until ready in the warm pool: all installed, agent up, nothing registered",
        unit: "ms",
        short: "launch to pool",
      },
      { id: "boot.warm", what: "out of the warm pool (stopped) until the runner is online", unit: "ms", short: "pool to online" },
    ],
  },
  {
    name: "agent",
    title: "Agent on an idle instance",
    how:
      "In service, after a job and after the hooks above, nothing to do: readings 3 s apart of the daemon's resident memory " +
      "(shared pages of the Node binary included) and of its control group's CPU time (whatever it starts included), in per " +
      "cent of one core.",
    rows: [
      { id: "agent.memory", what: "resident memory", unit: "MiB", short: "memory" },
      { id: "agent.cpu", what: "CPU", unit: "%", short: "CPU" },
    ],
  },
  {
    name: "functions",
    title: "Functions",
    how:
      "The size is that of the bundle in a zip, deflated, which is what Lambda gets. Ready is the time from the start of the " +
      "process, Node's own start included, until the handler is loaded. Warm handling is real events of a stack on simulated " +
      "hosts, with GitHub's and AWS's stand-ins behind real TLS; the first event of a process is not counted.",
    rows: [
      ...FUNCTIONS.map((name): Row => ({ id: `functions.${name}.zip`, what: `${name}: package`, unit: "KiB" })),
      { id: "functions.node", what: "Node alone, for proportion: an empty program, from start to end", unit: "ms" },
      ...FUNCTIONS.map(
        (name): Row => ({
          id: `functions.${name}.cold`,
          what: `${name}: cold start until ready`,
          unit: "ms",
          short: `${name}, cold start`,
        }),
      ),
      ...FUNCTIONS.map(
        (name): Row => ({ id: `functions.${name}.warm`, what: `${name}: an event, warm`, unit: "ms", short: `${name}, warm` }),
      ),
    ],
  },
  {
    name: "program",
    title: "Program",
    how:
      "The real engine previews the whole program of stack dev, all of it still to be created, from the call until the end of " +
      "the engine's process. Resources are those in the state after `up`, stack and providers not counted.",
    rows: [
      { id: "program.preview", what: "`pulumi preview` of dev", unit: "s" },
      ...STACKS.map((stack): Row => ({ id: `program.${stack}.resources`, what: `stack ${stack}`, unit: "resources" })),
    ],
  },
];

export const GROUP_NAMES: readonly string[] = CATALOGUE.map(({ name }) => name);
