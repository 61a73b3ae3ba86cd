import { AwsError, Cloud, ResourceStore, Shape } from "../cloud/api";
import type { AutoScaling } from "../cloud/autoscaling";
import type { GroupConfig, SuspendableProcess, WarmPoolConfig } from "../cloud/autoscaling/config";
import type { AutoScalingApi, AutoScalingOperation } from "../provider/autoscaling-api";
import { resolveTemplate } from "./launch-templates";

/**
 * What the provider plugin calls of EC2 Auto Scaling, carried to the stand-in: the operations that shape a group go
 * to its control plane, the others through the same door as everybody's calls.
 */
export class ControlPlane implements AutoScalingApi {
  constructor(
    private readonly autoscaling: AutoScaling,
    private readonly cloud: Cloud,
    private readonly store: ResourceStore,
    private readonly region: string,
  ) {}

  async call(operation: AutoScalingOperation, params: Shape): Promise<Shape> {
    const name = String(params.AutoScalingGroupName ?? "");
    switch (operation) {
      case "CreateAutoScalingGroup":
        this.autoscaling.createGroup({ subnets: [], ...this.config(params) } as GroupConfig);
        return {};
      case "UpdateAutoScalingGroup": {
        const { name: _, ...changes } = this.config(params);
        this.autoscaling.updateGroup(name, changes);
        return {};
      }
      case "DeleteAutoScalingGroup":
        await this.autoscaling.deleteGroup(name, { force: params.ForceDelete === true });
        return {};
      case "PutWarmPool":
        this.autoscaling.updateGroup(name, { warmPool: warmPool(params) });
        return {};
      case "DeleteWarmPool":
        this.autoscaling.updateGroup(name, { warmPool: undefined });
        return {};
      case "CreateOrUpdateTags":
      case "DeleteTags":
        this.retag(operation === "DeleteTags", params.Tags as Shape[]);
        return {};
      case "SuspendProcesses":
      case "ResumeProcesses":
        this.suspend(name, operation === "SuspendProcesses", params.ScalingProcesses as SuspendableProcess[]);
        return {};
      case "EnableMetricsCollection":
      case "DisableMetricsCollection":
        return {};
      default:
        return this.cloud.call({ kind: "operator" }, `autoscaling:${operation}`, params);
    }
  }

  private config(params: Shape): Partial<GroupConfig> & { name: string } {
    const mixed = params.MixedInstancesPolicy as Record<string, any> | undefined;
    const template = (mixed?.LaunchTemplate?.LaunchTemplateSpecification ?? params.LaunchTemplate) as Shape | undefined;
    const policy = params.InstanceLifecyclePolicy as Record<string, any> | undefined;
    const config: Partial<GroupConfig> & { name: string } = {
      name: String(params.AutoScalingGroupName),
      minSize: params.MinSize as number | undefined,
      maxSize: params.MaxSize as number | undefined,
      desiredCapacity: params.DesiredCapacity as number | undefined,
      launchTemplate: template && resolveTemplate(this.store, template),
      mixedInstances: mixed && {
        instanceTypes: (mixed.LaunchTemplate.Overrides ?? []).map((one: Shape) => String(one.InstanceType)),
        onDemandBaseCapacity: mixed.InstancesDistribution?.OnDemandBaseCapacity,
        onDemandPercentageAboveBaseCapacity: mixed.InstancesDistribution?.OnDemandPercentageAboveBaseCapacity,
      },
      subnets: params.VPCZoneIdentifier === undefined ? undefined : this.subnets(String(params.VPCZoneIdentifier)),
      newInstancesProtectedFromScaleIn: params.NewInstancesProtectedFromScaleIn as boolean | undefined,
      maxInstanceLifetime: params.MaxInstanceLifetime as number | undefined,
      instanceLifecyclePolicy: policy && { terminateHookAbandon: policy.RetentionTriggers?.TerminateHookAbandon },
      tags: (params.Tags as Shape[] | undefined)?.map(tag),
      terminationPolicies: params.TerminationPolicies as string[] | undefined,
      capacityRebalance: params.CapacityRebalance as boolean | undefined,
      healthCheckGracePeriod: params.HealthCheckGracePeriod as number | undefined,
      defaultCooldown: params.DefaultCooldown as number | undefined,
    };
    return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as typeof config;
  }

  /** A subnet that the program did not make lies in one of three zones, always the same one. */
  private subnets(identifiers: string): GroupConfig["subnets"] {
    return identifiers.split(",").map((id, index) => {
      const made = this.store.get("aws:ec2/subnet:Subnet", id);
      const zone = made?.state.availabilityZone ?? `${this.region}${"abc"[index % 3]}`;
      return { id, availabilityZone: String(zone) };
    });
  }

  private retag(remove: boolean, changes: Shape[]): void {
    for (const change of changes) {
      const name = String(change.ResourceId);
      const kept = (this.existing(name).config.tags ?? []).filter(({ key }) => key !== change.Key);
      this.autoscaling.updateGroup(name, { tags: remove ? kept : [...kept, tag(change)] });
    }
  }

  private suspend(name: string, suspend: boolean, processes: SuspendableProcess[]): void {
    const now = (this.existing(name).config.suspendedProcesses ?? []).filter((process) => !processes.includes(process));
    this.autoscaling.updateGroup(name, { suspendedProcesses: suspend ? [...now, ...processes] : now });
  }

  private existing(name: string) {
    const group = this.autoscaling.group(name);
    if (!group) throw new AwsError("ValidationError", `AutoScalingGroup name not found - no such group: ${name}`);
    return group;
  }
}

function warmPool(params: Shape): WarmPoolConfig {
  const reuse = params.InstanceReusePolicy as { ReuseOnScaleIn?: boolean } | undefined;
  return {
    poolState: params.PoolState as WarmPoolConfig["poolState"],
    minSize: params.MinSize as number | undefined,
    maxGroupPreparedCapacity: params.MaxGroupPreparedCapacity as number | undefined,
    reuseOnScaleIn: reuse?.ReuseOnScaleIn,
  };
}

function tag(shape: Shape): { key: string; value: string; propagateAtLaunch: boolean } {
  return {
    key: String(shape.Key),
    value: String(shape.Value ?? ""),
    propagateAtLaunch: shape.PropagateAtLaunch === true,
  };
}
