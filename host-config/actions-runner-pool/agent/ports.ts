/**
 * What the agent's decisions need of the world, one small interface each. On an instance they are systemd, /proc, the
 * instance metadata and the AWS SDK; in tests and simulated hosts they are plain objects on a virtual clock. Times are
 * milliseconds unless a name says otherwise.
 */
import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import type { TargetState } from "../../../contract/aws/lifecycle";

export interface HostClock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export type LogFields = Record<string, unknown>;

/** One structured line an event. `message` is one of LOG where another program looks for it. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface Imds {
  instanceId(): Promise<string>;
  /** Where the instance is being moved to; undefined where the metadata has no answer yet (404). Rejects on any other failure. */
  targetState(): Promise<TargetState | undefined>;
}

/** systemd's ActiveState. */
export type ActiveState = "active" | "reloading" | "inactive" | "failed" | "activating" | "deactivating" | "maintenance";

export interface UnitState {
  active: ActiveState;
  /** The unit left the inactive state at least once since boot. */
  everStarted: boolean;
  /** The unit's main process (runsvc.sh) lives. */
  mainAlive: boolean;
}

/** The official runner's unit. start and stop queue a job and return at once. */
export interface RunnerUnit {
  state(): Promise<UnitState>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts the unit's network. False where the kernel cannot: then nothing is cut. Repeating it is harmless. */
  raiseFence(): Promise<boolean>;
  /** Gives the unit back the network that its configuration grants. Repeating it is harmless. */
  lowerFence(): Promise<void>;
  /** SIGINT to a listener; a listener that is gone already is no error. Never called while a job is in flight. */
  interrupt(listenerPid: number): Promise<void>;
  /** SIGKILL to whatever else still lives in the unit's cgroup. Only before a new listener starts, or the instance goes. */
  killLeftovers(): Promise<void>;
}

/** One look at the runner. Nothing in it is remembered: each look stands on its own. */
export interface Signs {
  /** Pid of `Runner.Listener` in the unit's cgroup. */
  listener?: number;
  /** Number of `Runner.Worker` processes in the unit's cgroup. */
  workers: number;
  /** The listener's last announcement; undefined when it made none or no listener lives. */
  announced?: "idle" | "busy";
  /** When it announced that (its own stamp, whole seconds), in ms since the epoch. */
  announcedAt?: number;
  /** The announcement's own line, for the journal. */
  line?: string;
  /** When the last message that may hold a job arrived, from the runner's performance log, in ms since the epoch. */
  messageAt?: number;
}

export interface JobSigns {
  read(): Promise<Signs>;
}

/** LifecycleState as DescribeAutoScalingInstances spells it (`Pending:Wait`, `InService`, ...). */
export type LifecycleState = string;

export type ActionResult = "CONTINUE" | "ABANDON";

/** Calls to EC2 Auto Scaling about this one instance. Each is bounded in time and rejects with the SDK's error. */
export interface LifecycleActions {
  /** Undefined: the instance belongs to no group. */
  lifecycleState(): Promise<LifecycleState | undefined>;
  /** `done`: completed now. `none`: there was no active action, so somebody else did or it expired. */
  complete(hook: string, result: ActionResult): Promise<"done" | "none">;
  heartbeat(hook: string): Promise<"done" | "none">;
}

export interface Protection {
  /** `refused`: the instance is in no state that can be protected (on its way out, say), which is no error. */
  set(protectedFromScaleIn: boolean): Promise<"done" | "refused">;
}

export interface RegistrationSecrets {
  /** Undefined: not there yet. */
  token(): Promise<string | undefined>;
  /** A secret that does not exist is no error. */
  delete(): Promise<void>;
}

/** config.sh of the official runner. */
export interface Registrar {
  registered(): Promise<boolean>;
  /** Rejects with config.sh's own words (never the token). */
  register(token: string): Promise<void>;
}

/** Our other units. Both return at once; starting a unit that runs is harmless. */
export interface HelperUnits {
  startCompletion(): Promise<void>;
  startHeartbeat(): Promise<void>;
}

/** Set by a drain that reached maxDrain, read by the completion, which may call AWS where the drain may not. Gone after a reboot. */
export interface ForcedStopMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
  /** The metric was sent, so that a second completion does not count the same loss again. */
  setReported(): Promise<void>;
  isReported(): Promise<boolean>;
  clear(): Promise<void>;
}

/**
 * Set by the completion before it looks whether the runner is stopped, read before a listener starts. Whoever starts
 * it, at whatever moment: either the completion sees the unit starting, or the start sees the mark. Never cleared, as a
 * termination is never taken back.
 */
export interface DepartureMark {
  set(): Promise<void>;
  isSet(): Promise<boolean>;
}

export interface Metrics {
  /** Count 1 of a METRIC, with the pool's dimension. */
  count(metric: string): Promise<void>;
}

/** Everything together; each part of the agent takes the few it needs with Pick. */
export interface Host {
  config: HostConfig;
  clock: HostClock;
  log: Log;
  imds: Imds;
  unit: RunnerUnit;
  signs: JobSigns;
  lifecycle: LifecycleActions;
  protection: Protection;
  secrets: RegistrationSecrets;
  registrar: Registrar;
  helpers: HelperUnits;
  forcedStop: ForcedStopMark;
  departure: DepartureMark;
  metrics: Metrics;
  /** The instance's console, where the reason of a failed launch can be read after the instance is gone. */
  console(line: string): Promise<void>;
}
