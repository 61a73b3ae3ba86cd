/**
 * What is installed on an instance, and where. The user data writes HostConfig to `PATHS.config`; the installer, the
 * units and the agent read it. The bundle itself contains nothing specific to a pool, so every stack runs the same bytes.
 */
import { HOST_HOME } from "../shared/host-paths";
import type { HostSetup } from "../shared/host-setup";

export const PATHS = {
  /** Root-owned; nothing below it is writable by the job's user. */
  home: HOST_HOME,
  /** The agent's private copy of Node: the runner may replace its own when it updates itself. */
  node: `${HOST_HOME}/node`,
  agent: `${HOST_HOME}/agent.cjs`,
  jobStartedHook: `${HOST_HOME}/hooks/job-started.sh`,
  jobCompletedHook: `${HOST_HOME}/hooks/job-completed.sh`,
  /** The id of the instance that this machine was installed as, written once the installation has finished. */
  installedOn: `${HOST_HOME}/installed-on`,
  /** The copy of the runner that a return to the warm pool restores; root's alone. Only where HostConfig.reuse is set. */
  pristine: `${HOST_HOME}/pristine`,
  config: "/etc/ci-runners/config.json",
  /** Private authorities as PEM text, from the user data; only where HostConfig.privateAuthorities is set. */
  authorities: "/etc/ci-runners/authorities.pem",
  /** The official runner, owned by the job's user as its own updater requires. */
  runner: "/opt/actions-runner",
  runtime: "/run/ci-runners",
  /** Standard output of the listener, opened by systemd as root: the job's user can read it but not write it. */
  listenerLog: "/run/ci-runners/log/listener.log",
  /** The file system of the listener's log. A job can make its runner write without end. */
  listenerLogFolder: "/run/ci-runners/log",
  /** The runner's own performance log (RUNNER_PERFLOG), the earliest sign of a message; writable by the runner. */
  perfLog: "/run/ci-runners/perf",
  socket: "/run/ci-runners/agent.sock",
  /** Run and job that the runner's hooks claim to be at work; root's. */
  job: "/run/ci-runners/job.json",
} as const;

export const UNITS = {
  runner: "actions-runner.service",
  agent: "runner-agent.service",
  agentSocket: "runner-agent.socket",
  heartbeat: "runner-heartbeat.service",
  heartbeatTimer: "runner-heartbeat.timer",
  complete: "runner-complete.service",
  /** PATHS.perfLog, as systemd escapes paths. */
  perfLog: "run-ci\\x2drunners-perf.mount",
  /** PATHS.listenerLogFolder. */
  listenerLog: "run-ci\\x2drunners-log.mount",
} as const;

/**
 * Where a drain that gave up may leave its mark: in /run, or else on the disk. Any of them counts. The disk's survives a
 * reboot, after which the next start of the runner clears it.
 */
export const FORCED_STOP_MARKS = [`${PATHS.runtime}/forced-stop`, `${PATHS.home}/forced-stop`] as const;

/** Routes of the agent's socket. A request only makes the agent check now: it decides by what it observes itself. */
export const AGENT_ROUTES = { jobStarted: "/job-started", jobCompleted: "/job-completed" } as const;

/** Headers of these requests: `OWNER/NAME RUN ATTEMPT`, and the job's id in its workflow. A claim of the job's user. */
export const JOB_HEADERS = { run: "x-ci-run", job: "x-ci-job" } as const;

/** Messages that other programs search for in the agent's structured log (one JSON object per line, field `message`). */
export const LOG = {
  drainBegun: "drain begun",
  drainEnded: "drain ended",
  waitEndedWithoutJob: "waited for a job that did not come",
  jobRefused: "GitHub refused a job that the runner had acknowledged",
  forcedStop: "drain gave up: maxDrain reached",
  fenceUnavailable: "fence unavailable, settling instead",
  actionCompleted: "lifecycle action completed",
  renewalFailed: "the machine could not be renewed for its return to the warm pool: its next launch tries again, or is abandoned",
  bootstrapFailed: "bootstrap failed",
  jobStarted: "job started",
} as const;

export interface HostConfig extends HostSetup {
  pool: string;
  region: string;
  group: string;
  launchHook: string;
  terminateHook: string;
  secretPrefix: string;
  /** The `--url` of config.sh: `https://github.com/ORG` or `https://HOST/OWNER/REPO`. */
  githubUrl: string;
  /** The user data wrote PATHS.authorities. */
  privateAuthorities?: boolean;
  labels: string[];
  runnerGroup?: string;
  noDefaultLabels: boolean;
  runnerUser: string;
  /** Absent: the runner is already on the image, in PATHS.runner. */
  runnerArchive?: { url: string; sha256: string };
  /** Seconds. */
  heartbeatInterval: number;
  /** Seconds. */
  heartbeatTimeout: number;
  /** Seconds that the launch hook waits; a failed registration must be reported before they are over. */
  launchTimeout: number;
  /** Seconds after which a drain gives up: `drain.maxDrain`, but at least forcedStopMargin before the lifecycle action expires. */
  drainDeadline: number;
  jobsMayUseInstanceRole: boolean;
  jobsMayBecomeRoot: boolean;
  /** The warm pool takes instances back on scale-in. */
  reuse?: boolean;
  /** The operator's own job hooks, run after the pool's; absolute paths on the image. */
  userJobStartedHook?: string;
  userJobCompletedHook?: string;
}

/** Value of a registration secret. */
export interface RegistrationSecret {
  token: string;
  /** ISO 8601; GitHub's registration tokens are valid for one hour. */
  expiresAt: string;
}
