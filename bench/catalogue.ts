/** The measurements, in the order of the page. A row's id is the key of its samples. */

type Unit = "ms" | "s" | "KiB" | "MiB" | "%" | "resources";

export interface Row {
  id: string;
  what: string;
  unit: Unit;
  /** Its name in the plot. */
  short?: string;
}

export interface BenchGroup {
  /** Its name for `--only`. */
  name: string;
  title: string;
  /** How it was measured, so that a reader can assess the numbers. */
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
      "Both run on one machine of the pool, alternating (ours, CLI, ours, ...), each started by `setpriv USER bash -e FILE` " +
      "and timed by the same shell. The CLI's hook is one line, `exec aws autoscaling set-instance-protection ...`, with " +
      "Debian's `awscli` and hard-coded group and instance; it runs as root, because a job has no credentials here. The API " +
      "is the stand-in on the same machine: the latency to a Region would be added for the CLI, but not for our hook, which " +
      "leaves the call to the agent. The last two rows are from real jobs.",
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
      "Instances in service are terminated through the group, one after the other: one with a running job, then an idle one. " +
      "The tail contains 7.5 s of deliberate waiting: 5 s from the end of the job, in which GitHub may still count it as running, " +
      "1.5 s behind the fence, in which a job accepted in the meantime would become visible, and 1 s for the listener to end its " +
      "poll before its network is restored. An idle instance does without the first of them.",
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
      "Machines boot a real systemd and run the real user data from launch on. The replacements of the drained instances start " +
      "together: two enter service, one of them from the warm pool, while a third is prepared for the pool on the same " +
      "cores. The minute that EC2 takes until an instance's kernel starts is not included.",
    rows: [
      { id: "boot.cold", what: "launch until the runner is online", unit: "ms", short: "launch to online" },
      {
        id: "boot.pool",
        what: "launch until ready in the warm pool: everything installed, agent running, nothing registered",
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
      "In service, idle, after a job and the hooks above: readings every 3 s of the daemon's resident memory (including shared " +
      "pages of the Node binary) and of its control group's CPU time (including child processes), in percent of one core.",
    rows: [
      { id: "agent.memory", what: "resident memory", unit: "MiB", short: "memory" },
      { id: "agent.cpu", what: "CPU", unit: "%", short: "CPU" },
    ],
  },
  {
    name: "functions",
    title: "Functions",
    how:
      "The size is that of the bundle in a deflated zip, as Lambda receives it. Ready is the time from the start of the process, " +
      "including the start of Node, until the handler is loaded. Warm events are real events of a stack on simulated hosts, " +
      "with GitHub's and AWS's stand-ins behind real TLS; the first event of a process is not counted.",
    rows: [
      ...FUNCTIONS.map((name): Row => ({ id: `functions.${name}.zip`, what: `${name}: package`, unit: "KiB" })),
      { id: "functions.node", what: "Node alone, for comparison: an empty program, from start to exit", unit: "ms" },
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
      "The real engine previews the whole program of stack dev with every resource still to be created, from the call until the " +
      "engine's process exits. Resources are those in the state after `up`, without stack and providers.",
    rows: [
      { id: "program.preview", what: "`pulumi preview` of dev", unit: "s" },
      ...STACKS.map((stack): Row => ({ id: `program.${stack}.resources`, what: `stack ${stack}`, unit: "resources" })),
    ],
  },
];

export const GROUP_NAMES: readonly string[] = CATALOGUE.map(({ name }) => name);
