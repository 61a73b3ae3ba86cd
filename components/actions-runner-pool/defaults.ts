import { VERSION } from "../shared/package-version";
import { globalTimeoutSeconds } from "../../contract/aws/lifecycle";
import { releaseOf } from "../../contract/shared/release";
import { HOST_DEFAULTS, HOST_DEFAULTS_IF_GIVEN } from "../shared/host-args/defaults";
import type { DefaultsOf } from "../shared/with-defaults";
import type { ActionsRunnerPoolArgs } from "./args";
import { ProtectedInstances, WarmPoolState } from "./args/capacity";

/** Values from which derived defaults are computed. */
interface Basis {
  /** The program's project and stack, and the component's name in it. */
  project: string;
  stack: string;
  name: string;
  minSize: number;
  maxSize: number;
  drain: { heartbeatTimeout: number };
}

/** Seconds. A failed completion is retried with the next heartbeat, so a longer interval would keep a finished instance longer. */
const HEARTBEAT_INTERVAL_CAP = 300;

/**
 * The default of each argument that has one: a value, or a function of other settings. An argument without an entry is
 * off unless given, or looked up from AWS or GitHub where it is used.
 */
export const DEFAULTS = {
  /** Unique: a project's name is unique in its organization, a stack's in its project, and a component's in its stack. */
  poolName: ({ project, stack, name }: Basis) => `${project}-${stack}-${name}`,
  /** The release of the code that deploys. */
  release: releaseOf(VERSION),
  github: { apiUrl: "https://api.github.com" },
  runner: {
    /** The runner is downloaded and verified by its digest, so that no image must be built for each of GitHub's releases. */
    onImage: false,
    user: "runner",
  },
  labels: [],
  /** As in GitHub's own instructions for adding a runner. */
  noDefaultLabels: false,
  /** Images and runners age. */
  maxInstanceLifetimeDays: 30,
  instanceRefresh: {
    /** EC2 Auto Scaling's own default: the job comes first. */
    protectedInstances: ProtectedInstances.Wait,
    /** Together with `maxHealthyPercentage`, what the EC2 console calls "launch before terminating". */
    minHealthyPercentage: 100,
    maxHealthyPercentage: 110,
  },
  /** A pool without any instance serves no job. */
  minSize: 1,
  desiredCapacity: ({ minSize }: Basis) => minSize,
  drain: {
    /** The longest that AWS allows: waiting for a job is always preferred over killing it. */
    maxDrain: ({ drain }: Basis) => globalTimeoutSeconds(drain.heartbeatTimeout),
    /** Seconds. With 1728 or more, a lifecycle action may stay open for the maximum of 48 h. */
    heartbeatTimeout: 1800,
    /** Two heartbeats may be lost. */
    heartbeatInterval: ({ drain }: Basis) => Math.min(Math.floor(drain.heartbeatTimeout / 3), HEARTBEAT_INTERVAL_CAP),
    /** Retaining an instance costs money; terminating it costs its job. */
    retainOnAbandon: true,
  },
  /** Seconds. A cold launch takes 2 to 5 minutes, mostly for the runner's archive and its packages. */
  launchTimeout: 900,
  /** A pool whose instances cannot register is better found at once. */
  waitForReadiness: true,
  extraPolicyArns: [],
  /** By default a job has no permissions in AWS and no control over its host. */
  jobsMayUseInstanceRole: false,
  jobsMayBecomeRoot: false,
  /** Longer than any drain, and long enough to investigate a lost job. */
  logRetentionDays: 30,
  ...HOST_DEFAULTS,
} satisfies DefaultsOf<ActionsRunnerPoolArgs>;

/** Defaults of the fields of optional objects, which apply only if the object is given. */
export const DEFAULTS_IF_GIVEN = {
  demand: {
    /** Seconds. EC2 bills at least a minute of each instance. */
    idleTimeout: 60,
    /** A pool that is to be cheap first: a job then waits for a boot. */
    minIdle: 0,
    schedules: [],
    priority: 0,
    /** A job that ran in part may have effects that must not occur twice. */
    rerunLostJobs: false,
  },
  /** With Spot requested, On-Demand instances must be requested explicitly. */
  spot: { onDemandBase: 0, onDemandPercentage: 0, additionalInstanceTypes: [] },
  warmPool: {
    /** Costs only its volume. */
    state: WarmPoolState.Stopped,
    minSize: 0,
    /** As EC2 Auto Scaling's own default: prepares the difference between the desired capacity and the maximum size. */
    maxPreparedCapacity: ({ maxSize }: Basis) => maxSize,
    /** Whether an instance can hibernate shows only when it should: its launches succeed. */
    allowUnlistedImage: false,
    /** An instance that has run jobs keeps what they stored on its disk. */
    reuseOnScaleIn: false,
  },
  ...HOST_DEFAULTS_IF_GIVEN,
} satisfies DefaultsOf<ActionsRunnerPoolArgs>;
