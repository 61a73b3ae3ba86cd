import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Network } from "./network";
import type { PoolSettings } from "./settings";
import { groupTags } from "./tags";

export interface GroupParts {
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
export function createGroup(name: string, settings: PoolSettings, parts: GroupParts, parent: pulumi.Resource): aws.autoscaling.Group {
  const { drain, launchTimeout, warmPool } = settings;
  return new aws.autoscaling.Group(
    name,
    {
      name: settings.names.group,
      minSize: settings.minSize,
      maxSize: settings.maxSize,
      desiredCapacity: settings.desiredCapacity,
      vpcZoneIdentifiers: parts.network.subnetIds,
      ...instances(settings, parts.launchTemplate),
      initialLifecycleHooks: hooks(settings),
      instanceLifecyclePolicy: { retentionTriggers: { terminateHookAbandon: drain.retainOnAbandon ? "retain" : "terminate" } },
      instanceRefresh: {
        strategy: "Rolling",
        preferences: {
          minHealthyPercentage: settings.instanceRefresh.minHealthyPercentage,
          maxHealthyPercentage: settings.instanceRefresh.maxHealthyPercentage,
          scaleInProtectedInstances: settings.instanceRefresh.protectedInstances,
          standbyInstances: "Wait",
          skipMatching: true,
          // An instance is in service only once it is registered: there is nothing left to warm up.
          instanceWarmup: "0",
        },
      },
      healthCheckType: "EC2",
      healthCheckGracePeriod: 0,
      // Idle instances must be free to go. A busy one protects itself while its job runs, and the drain holds anyway.
      protectFromScaleIn: false,
      maxInstanceLifetime: settings.maxInstanceLifetimeDays * 24 * 3600,
      warmPool: warmPool && {
        poolState: warmPool.state,
        minSize: warmPool.minSize,
        maxGroupPreparedCapacity: warmPool.maxPreparedCapacity,
        // A runner that has run jobs is not clean enough to come back.
        instanceReusePolicy: { reuseOnScaleIn: false },
      },
      enabledMetrics: [...METRICS],
      metricsGranularity: "1Minute",
      waitForCapacityTimeout: `${launchTimeout + 300}s`,
      tags: groupTags(parts.tags),
    },
    {
      parent,
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

interface Hook {
  name: string;
  lifecycleTransition: string;
  heartbeatTimeout: number;
  defaultResult: string;
}

/** Both fail closed: an instance that is not ready is replaced, one that fell silent is retained or ended. */
function hooks({ names, launchTimeout, drain }: PoolSettings): Hook[] {
  return [
    {
      name: names.launchHook,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
      heartbeatTimeout: launchTimeout,
      defaultResult: "ABANDON",
    },
    {
      name: names.terminateHook,
      lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      heartbeatTimeout: drain.heartbeatTimeout,
      defaultResult: "ABANDON",
    },
  ];
}

/**
 * The group's hooks once more, as resources. As initial hooks they are there before the first instance, but a later
 * change would not reach AWS; this carries it. They are never deleted: that would CONTINUE every action that is
 * under way, which kills the jobs of draining instances. They go with the group.
 */
export function createHooks(name: string, settings: PoolSettings, group: aws.autoscaling.Group, parent: pulumi.Resource): void {
  for (const hook of hooks(settings)) {
    const suffix = hook.name === settings.names.launchHook ? "launch" : "terminate";
    new aws.autoscaling.LifecycleHook(
      `${name}-${suffix}`,
      { ...hook, autoscalingGroupName: group.name },
      { parent, dependsOn: [group], retainOnDelete: true },
    );
  }
}
