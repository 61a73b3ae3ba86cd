import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { refreshPreferences } from "./instance-refresh";
import { lifecycleHooks, onAbandon } from "./lifecycle-hooks";
import type { Network } from "./network";
import type { PoolSettings } from "./settings";
import { groupTags } from "./tags";
import { warmPoolConfiguration } from "./warm-pool";

export interface GroupParts {
  settings: PoolSettings;
  launchTemplate: aws.ec2.LaunchTemplate;
  network: Network;
  tags: pulumi.Output<Record<string, string>>;
  /** Everything that must be there before the first instance and until after the last one. */
  dependsOn: pulumi.Resource[];
}

/** Seconds beyond a time limit that AWS and the provider need to notice. */
const MARGIN = 1800;

/**
 * The group. It goes last and comes down first, while rules, functions and permissions still stand, so that a
 * destroy drains like any other scale-in.
 */
export function createGroup(name: string, parts: GroupParts, opts: pulumi.CustomResourceOptions): aws.autoscaling.Group {
  const { settings } = parts;
  const { drain, launchTimeout } = settings;
  const { instanceWarmup, ...preferences } = refreshPreferences(settings);
  return new aws.autoscaling.Group(
    name,
    {
      name: settings.names.group,
      minSize: settings.minSize,
      maxSize: settings.maxSize,
      desiredCapacity: settings.desiredCapacity,
      vpcZoneIdentifiers: parts.network.subnetIds,
      ...instances(settings, parts.launchTemplate),
      initialLifecycleHooks: Object.values(lifecycleHooks(settings)),
      instanceLifecyclePolicy: { retentionTriggers: { terminateHookAbandon: onAbandon(settings) } },
      instanceRefresh: { strategy: "Rolling", preferences: { ...preferences, instanceWarmup: String(instanceWarmup) } },
      healthCheckType: "EC2",
      healthCheckGracePeriod: 0,
      // Idle instances must be free to go. A busy one protects itself while its job runs, and the drain holds anyway.
      protectFromScaleIn: false,
      maxInstanceLifetime: settings.maxInstanceLifetimeDays * 24 * 3600,
      warmPool: warmPoolConfiguration(settings),
      enabledMetrics: [...METRICS],
      metricsGranularity: "1Minute",
      waitForCapacityTimeout: `${launchTimeout + 300}s`,
      tags: groupTags(parts.tags),
    },
    {
      ...opts,
      dependsOn: parts.dependsOn,
      // Scaling owns the desired capacity. Hooks change through resources of their own: see `createHooks`.
      ignoreChanges: ["desiredCapacity", "initialLifecycleHooks"],
      customTimeouts: {
        create: `${launchTimeout + MARGIN}s`,
        update: `${launchTimeout + MARGIN}s`,
        // A destroy waits for the jobs. The provider's own 10 minutes would give up in the middle of a drain.
        delete: `${drain.maxDrain + drain.heartbeatTimeout + MARGIN}s`,
      },
    },
  );
}

/** What a dashboard or a scaling policy needs to know about the group; free of charge. */
const METRICS = [
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupTerminatingInstances",
  "WarmPoolDesiredCapacity",
  "WarmPoolWarmedCapacity",
] as const;

function instances(settings: PoolSettings, launchTemplate: aws.ec2.LaunchTemplate): Partial<aws.autoscaling.GroupArgs> {
  // The number, not `$Latest`: the change of the number is what starts an instance refresh.
  const version = launchTemplate.latestVersion.apply(String);
  const { spot } = settings;
  if (!spot) return { launchTemplate: { id: launchTemplate.id, version } };
  return {
    capacityRebalance: true,
    mixedInstancesPolicy: {
      instancesDistribution: {
        onDemandBaseCapacity: spot.onDemandBase,
        onDemandPercentageAboveBaseCapacity: spot.onDemandPercentage,
        spotAllocationStrategy: "price-capacity-optimized",
      },
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId: launchTemplate.id, version },
        overrides: [settings.instanceType, ...spot.additionalInstanceTypes].map((instanceType) => ({ instanceType })),
      },
    },
  };
}

export interface HookParts {
  settings: PoolSettings;
  group: aws.autoscaling.Group;
}

/**
 * The group's hooks once more, as resources. As initial hooks they are there before the first instance, but a later
 * change would not reach AWS; this carries it. They are never deleted: that would CONTINUE every action that is
 * under way, which kills the jobs of draining instances. They go with the group.
 */
export function createHooks(name: string, parts: HookParts, opts: pulumi.CustomResourceOptions): void {
  const { settings, group } = parts;
  for (const [suffix, hook] of Object.entries(lifecycleHooks(settings))) {
    new aws.autoscaling.LifecycleHook(
      `${name}-${suffix}`,
      { ...hook, autoscalingGroupName: group.name },
      { ...opts, dependsOn: [group], retainOnDelete: true },
    );
  }
}
