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
  /** Everything that must exist before the first instance launches and until the last one has terminated. */
  dependsOn: pulumi.Input<pulumi.Resource>[];
}

/** Seconds that AWS and the provider need beyond a time limit to notice it. */
const MARGIN = 1800;

/**
 * The group. It is created last and deleted first, while rules, functions and permissions still exist, so that a destroy
 * drains like any other scale-in.
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
      ...launchSource(settings, parts.launchTemplate),
      initialLifecycleHooks: Object.values(lifecycleHooks(settings)),
      instanceLifecyclePolicy: { retentionTriggers: { terminateHookAbandon: onAbandon(settings) } },
      instanceRefresh: { strategy: "Rolling", preferences: { ...preferences, instanceWarmup: String(instanceWarmup) } },
      healthCheckType: "EC2",
      healthCheckGracePeriod: 0,
      // Idle instances must be free to terminate. A busy one protects itself while its job runs, and the drain waits in any case.
      protectFromScaleIn: false,
      maxInstanceLifetime: settings.maxInstanceLifetimeDays * 24 * 3600,
      warmPool: warmPoolConfiguration(settings),
      ...(settings.demand && { suspendedProcesses: [REBALANCE] }),
      enabledMetrics: [...METRICS],
      metricsGranularity: "1Minute",
      // The provider's wait would fail at creation with the first launch that fails, before metrics and warm pool are set, and at
      // an update of `minSize` on any group that scaling has moved. The component waits itself: see readiness.ts.
      waitForCapacityTimeout: "0",
      ignoreFailedScalingActivities: true,
      tags: groupTags(parts.tags),
    },
    {
      ...opts,
      dependsOn: parts.dependsOn,
      // Scaling owns the desired capacity. Hooks change through separate resources: see `createHooks`.
      ignoreChanges: ["desiredCapacity", "initialLifecycleHooks"],
      customTimeouts: {
        update: `${launchTimeout + MARGIN}s`,
        // A destroy waits for the jobs. The provider's default of 10 minutes would give up in the middle of a drain.
        delete: `${drain.maxDrain + drain.heartbeatTimeout + MARGIN}s`,
      },
    },
  );
}

/**
 * After a termination with a decrement, Auto Scaling may balance the zones by a launch and a termination that the scaler did not choose,
 * and which the queue does not ask for. New instances go to the zone with the fewest in any case.
 */
const REBALANCE = "AZRebalance";

/** What a dashboard or a scaling policy needs; free of charge. */
const METRICS = [
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupTerminatingInstances",
  "WarmPoolDesiredCapacity",
  "WarmPoolWarmedCapacity",
] as const;

/** What the group launches instances from: a change of it makes the provider start an instance refresh. */
export function launchSource(
  settings: PoolSettings,
  launchTemplate: aws.ec2.LaunchTemplate,
): Pick<aws.autoscaling.GroupArgs, "launchTemplate" | "mixedInstancesPolicy" | "capacityRebalance"> {
  // The number, not `$Latest`: a changed number is what starts an instance refresh.
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
 * The group's hooks again, as separate resources. As initial hooks they exist before the first instance, but a later
 * change would not reach AWS; these resources apply it. They are never deleted on their own: that would CONTINUE every
 * lifecycle action in progress, which kills the jobs of draining instances. They are deleted with the group.
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
