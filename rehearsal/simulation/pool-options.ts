import { type PoolSettings, resolveSettings } from "../../components/actions-runner-pool/settings";
import { warmPoolConfiguration } from "../../components/actions-runner-pool/warm-pool";
import type { WarmPoolConfig } from "../aws/autoscaling";

export const ZONES = ["a", "b", "c"];
export const INSTANCE_TYPE = "t3.medium";

export interface PoolOptions {
  name?: string;
  /** Instances in service at the start. */
  instances?: number;
  minSize?: number;
  maxSize?: number;
  warmPool?: WarmPoolConfig;
  /** Seconds; the defaults are the component's. */
  heartbeatTimeout?: number;
  heartbeatInterval?: number;
  launchTimeout?: number;
  maxDrain?: number;
  maxInstanceLifetime?: number;
  /** What a refresh does with busy instances. Default: the component's. */
  protectedInstances?: "Wait" | "Refresh" | "Ignore";
  /** Whether an instance whose heartbeats fail is retained. Default true. */
  retain?: boolean;
  labels?: string[];
}

/** The component's settings for these options. The runner is on the image: hosts download nothing here. */
export function settingsOf(options: PoolOptions, organization: string, tokenSecret: string): PoolSettings {
  const { name = "pool", instances = 1, warmPool } = options;
  return resolveSettings(
    name,
    {
      poolName: name,
      github: { organization, tokenSecretArn: tokenSecret },
      runner: { onImage: true },
      labels: options.labels ?? [name],
      instanceType: INSTANCE_TYPE,
      subnetIds: ZONES.map((zone) => `subnet-${zone}`),
      minSize: options.minSize ?? 0,
      maxSize: options.maxSize ?? Math.max(instances * 2, 1),
      desiredCapacity: instances,
      warmPool: warmPool && {
        state: warmPool.poolState,
        minSize: warmPool.minSize,
        maxPreparedCapacity: warmPool.maxGroupPreparedCapacity,
        reuseOnScaleIn: warmPool.reuseOnScaleIn,
      },
      drain: {
        maxDrain: options.maxDrain,
        heartbeatTimeout: options.heartbeatTimeout,
        heartbeatInterval: options.heartbeatInterval,
        retainOnAbandon: options.retain,
      },
      instanceRefresh: options.protectedInstances && { protectedInstances: options.protectedInstances },
      launchTimeout: options.launchTimeout,
    },
    { project: "ci-runners", stack: "simulation" },
  );
}

export function warmPoolOf(settings: PoolSettings): WarmPoolConfig | undefined {
  const warmPool = warmPoolConfiguration(settings);
  if (!warmPool) return undefined;
  const { instanceReusePolicy, ...rest } = warmPool;
  return { ...rest, ...instanceReusePolicy };
}
