import { VERSION } from "../shared/package-version";
import { globalTimeoutSeconds } from "../../contract/aws/lifecycle";
import { releaseOf } from "../../contract/shared/release";
import type { DefaultsOf } from "../shared/with-defaults";
import type { ActionsRunnerPoolArgs } from "./args";
import { ProtectedInstances, WarmPoolState } from "./args/capacity";

/** What the defaults that follow from something follow from. */
interface Basis {
  /** Of the program, and the component's name in it. */
  project: string;
  stack: string;
  name: string;
  minSize: number;
  maxSize: number;
  drain: { heartbeatTimeout: number };
}

/** Seconds. A completion that failed is repeated with the next heartbeat, so longer would keep dead weight. */
const HEARTBEAT_INTERVAL_CAP = 300;

/**
 * The default of each argument that has one: a value, or how it follows from other settings. What is not here is off
 * unless given, or found out from AWS or GitHub where it is used.
 */
export const DEFAULTS = {
  /** Unique, because a project's name is in an organization, a stack's in its project, and a component's in its stack. */
  poolName: ({ project, stack, name }: Basis) => `${project}-${stack}-${name}`,
  /** The code that deploys is the release that is deployed. */
  release: releaseOf(VERSION),
  github: { apiUrl: "https://api.github.com" },
  runner: {
    /** Pinned by its digest, so that an image need not be built for each of GitHub's releases. */
    onImage: false,
    user: "runner",
  },
  labels: [],
  /** As GitHub's own instructions for a runner have it. */
  noDefaultLabels: false,
  /** GiB. Ubuntu takes 3, the runner 1; the rest is for workspaces. */
  rootVolumeSize: 30,
  /** Images and runners age. */
  maxInstanceLifetimeDays: 30,
  instanceRefresh: {
    /** EC2 Auto Scaling's own default: the job comes first. */
    protectedInstances: ProtectedInstances.Wait,
    /** With the next, what the EC2 console calls "launch before terminating". */
    minHealthyPercentage: 100,
    maxHealthyPercentage: 110,
  },
  /** A pool without any instance serves no job. */
  minSize: 1,
  desiredCapacity: ({ minSize }: Basis) => minSize,
  drain: {
    /** The longest that AWS allows: no job is worth less than the wait for it. */
    maxDrain: ({ drain }: Basis) => globalTimeoutSeconds(drain.heartbeatTimeout),
    /** Seconds. With 1728 or more, a lifecycle action may live for its longest, 48 h. */
    heartbeatTimeout: 1800,
    /** Two heartbeats may be lost. */
    heartbeatInterval: ({ drain }: Basis) => Math.min(Math.floor(drain.heartbeatTimeout / 3), HEARTBEAT_INTERVAL_CAP),
    /** An instance that is kept costs money; one that is ended costs its job. */
    retainOnAbandon: true,
  },
  /** Seconds. A cold launch takes 2 to 5 minutes, most of it the runner's archive and its packages. */
  launchTimeout: 900,
  extraPolicyArns: [],
  /** A job has no power in AWS and none over its host unless it is given. */
  jobsMayUseInstanceRole: false,
  jobsMayUseDocker: false,
  /** Longer than any drain, and than the time until a lost job is asked about. */
  logRetentionDays: 30,
} satisfies DefaultsOf<ActionsRunnerPoolArgs>;

/** Defaults within what is there only if it is given. */
export const DEFAULTS_IF_GIVEN = {
  /** Who asks for Spot wants no more on-demand than is asked for. */
  spot: { onDemandBase: 0, onDemandPercentage: 0, additionalInstanceTypes: [] },
  warmPool: {
    /** Costs only its volume. */
    state: WarmPoolState.Stopped,
    minSize: 0,
    /** As EC2 Auto Scaling's own: what the group lacks to its maximum is prepared. */
    maxPreparedCapacity: ({ maxSize }: Basis) => maxSize,
  },
} satisfies DefaultsOf<ActionsRunnerPoolArgs>;

/** For neither `imageId` nor `imageParameter`: a release with long-term support, on the volume type that we use. */
export function defaultImageParameter(architecture: "amd64" | "arm64"): string {
  return `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;
}

/** For `runner.archiveUrl`: where GitHub publishes it. */
export function defaultArchiveUrl(version: string, architecture: "x64" | "arm64"): string {
  return `https://github.com/actions/runner/releases/download/v${version}/actions-runner-linux-${architecture}-${version}.tar.gz`;
}
