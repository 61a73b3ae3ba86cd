import * as pulumi from "@pulumi/pulumi";
import { VERSION } from "../../build/version";
import { globalTimeoutSeconds } from "../../contract/aws/lifecycle";
import { type PoolNames, poolNames } from "../../contract/actions-runner-pool/names";
import { releaseOf } from "../../contract/shared/release";
import type { ActionsRunnerPoolArgs } from "./args";
import { type InstanceRefreshArgs, ProtectedInstances, type WarmPoolArgs, WarmPoolState } from "./args/capacity";
import type { SpotArgs } from "./args/instances";

/** The arguments with every default filled in: the one place where a default is written down. */
export interface PoolSettings extends ActionsRunnerPoolArgs {
  poolName: string;
  names: PoolNames;
  release: string;
  labels: string[];
  noDefaultLabels: boolean;
  apiUrl: string;
  runnerUser: string;
  rootVolumeSize: number;
  spot?: Required<SpotArgs>;
  maxInstanceLifetimeDays: number;
  instanceRefresh: Required<InstanceRefreshArgs>;
  minSize: number;
  desiredCapacity: number;
  warmPool?: Required<WarmPoolArgs>;
  drain: { maxDrain: number; heartbeatTimeout: number; heartbeatInterval: number; retainOnAbandon: boolean };
  launchTimeout: number;
  extraPolicyArns: pulumi.Input<string>[];
  jobsMayUseInstanceRole: boolean;
  jobsMayUseDocker: boolean;
  logRetentionDays: number;
}

export const DEFAULTS = {
  apiUrl: "https://api.github.com",
  runnerUser: "runner",
  /** Ubuntu takes 3 GiB, the runner 1 GiB; the rest is for workspaces. */
  rootVolumeSize: 30,
  maxInstanceLifetimeDays: 30,
  minSize: 1,
  /** Seconds. With 1728 or more, a lifecycle action may live for its longest, 48 h. */
  heartbeatTimeout: 1800,
  /** Seconds. A completion that failed is repeated with the next heartbeat, so longer would keep dead weight. */
  heartbeatIntervalCap: 300,
  /** Seconds. A cold launch takes 2 to 5 minutes, most of it the runner's archive and its packages. */
  launchTimeout: 900,
  logRetentionDays: 30,
  /** What the EC2 console calls "launch before terminating". */
  minHealthyPercentage: 100,
  maxHealthyPercentage: 110,
} as const;

export function defaultPoolName(name: string): string {
  return `${pulumi.getProject()}-${pulumi.getStack()}-${name}`;
}

export function resolveSettings(name: string, args: ActionsRunnerPoolArgs): PoolSettings {
  const poolName = args.poolName ?? defaultPoolName(name);
  const minSize = args.minSize ?? DEFAULTS.minSize;
  return {
    ...args,
    poolName,
    names: poolNames(poolName),
    release: args.release ?? releaseOf(VERSION),
    labels: args.labels ?? [],
    noDefaultLabels: args.noDefaultLabels ?? false,
    apiUrl: (args.github.apiUrl ?? DEFAULTS.apiUrl).replace(/\/+$/, ""),
    runnerUser: args.runner.user ?? DEFAULTS.runnerUser,
    rootVolumeSize: args.rootVolumeSize ?? DEFAULTS.rootVolumeSize,
    spot: args.spot && {
      onDemandBase: args.spot.onDemandBase ?? 0,
      onDemandPercentage: args.spot.onDemandPercentage ?? 0,
      additionalInstanceTypes: args.spot.additionalInstanceTypes ?? [],
    },
    maxInstanceLifetimeDays: args.maxInstanceLifetimeDays ?? DEFAULTS.maxInstanceLifetimeDays,
    instanceRefresh: {
      protectedInstances: args.instanceRefresh?.protectedInstances ?? ProtectedInstances.Wait,
      minHealthyPercentage: args.instanceRefresh?.minHealthyPercentage ?? DEFAULTS.minHealthyPercentage,
      maxHealthyPercentage: args.instanceRefresh?.maxHealthyPercentage ?? DEFAULTS.maxHealthyPercentage,
    },
    minSize,
    desiredCapacity: args.desiredCapacity ?? minSize,
    warmPool: args.warmPool && {
      state: args.warmPool.state ?? WarmPoolState.Stopped,
      minSize: args.warmPool.minSize ?? 0,
      maxPreparedCapacity: args.warmPool.maxPreparedCapacity ?? args.maxSize,
    },
    drain: resolveDrain(args),
    launchTimeout: args.launchTimeout ?? DEFAULTS.launchTimeout,
    extraPolicyArns: args.extraPolicyArns ?? [],
    jobsMayUseInstanceRole: args.jobsMayUseInstanceRole ?? false,
    jobsMayUseDocker: args.jobsMayUseDocker ?? false,
    logRetentionDays: args.logRetentionDays ?? DEFAULTS.logRetentionDays,
  };
}

function resolveDrain({ drain }: ActionsRunnerPoolArgs): PoolSettings["drain"] {
  const heartbeatTimeout = drain?.heartbeatTimeout ?? DEFAULTS.heartbeatTimeout;
  return {
    heartbeatTimeout,
    maxDrain: drain?.maxDrain ?? globalTimeoutSeconds(heartbeatTimeout),
    heartbeatInterval: drain?.heartbeatInterval ?? Math.min(Math.floor(heartbeatTimeout / 3), DEFAULTS.heartbeatIntervalCap),
    retainOnAbandon: drain?.retainOnAbandon ?? true,
  };
}
