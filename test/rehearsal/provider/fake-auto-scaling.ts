import { AwsError, type Shape } from "../../../rehearsal/aws/api";
import type { AutoScalingApi, AutoScalingOperation } from "../../../rehearsal/provider/autoscaling-api";

interface FakeGroup {
  params: Shape;
  hooks: Map<string, Shape>;
  warmPool?: Shape;
  instances: Shape[];
  refreshes: Shape[];
  metrics: string[];
  suspended: string[];
}

/** In-memory groups whose instances enter service and terminate immediately: enough to check the provider's calls. */
export class FakeAutoScaling implements AutoScalingApi {
  readonly calls: { operation: AutoScalingOperation; params: Shape }[] = [];
  readonly groups = new Map<string, FakeGroup>();
  /** Set to keep instances from entering service. */
  holdLaunches = false;
  private nextInstance = 1;

  operations(): string[] {
    return this.calls.map(({ operation }) => operation).filter((operation) => !operation.startsWith("Describe"));
  }

  async call(operation: AutoScalingOperation, params: Shape): Promise<Shape> {
    this.calls.push({ operation, params });
    const name = params.AutoScalingGroupName as string;
    switch (operation) {
      case "CreateAutoScalingGroup":
        if (this.groups.has(name)) throw new AwsError("AlreadyExists", "AutoScalingGroup by this name already exists");
        this.groups.set(name, { params: { ...params }, hooks: new Map(), instances: [], refreshes: [], metrics: [], suspended: [] });
        return this.scale(name);
      case "UpdateAutoScalingGroup":
        Object.assign(this.known(name).params, params);
        return this.scale(name);
      case "DescribeAutoScalingGroups":
        return { AutoScalingGroups: (params.AutoScalingGroupNames as string[]).flatMap((each) => this.describe(each)) };
      case "DeleteAutoScalingGroup":
        if (this.known(name).instances.length > 0)
          throw new AwsError("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances in the group");
        this.groups.delete(name);
        return {};
      case "PutLifecycleHook":
        this.known(name).hooks.set(params.LifecycleHookName as string, params);
        return {};
      case "DescribeLifecycleHooks":
        return {
          LifecycleHooks: [...this.known(name).hooks.values()].filter((hook) =>
            (params.LifecycleHookNames as string[]).includes(hook.LifecycleHookName as string),
          ),
        };
      case "DeleteLifecycleHook":
        this.known(name).hooks.delete(params.LifecycleHookName as string);
        return {};
      case "PutWarmPool":
        this.known(name).warmPool = params;
        return {};
      case "DescribeWarmPool":
        return { WarmPoolConfiguration: this.known(name).warmPool, Instances: [] };
      case "DeleteWarmPool":
        this.known(name).warmPool = undefined;
        return {};
      case "StartInstanceRefresh":
        this.known(name).refreshes.push(params);
        return { InstanceRefreshId: "refresh" };
      case "EnableMetricsCollection":
        this.known(name).metrics.push(...(params.Metrics as string[]));
        return {};
      case "DisableMetricsCollection":
        this.known(name).metrics = this.known(name).metrics.filter((metric) => !(params.Metrics as string[]).includes(metric));
        return {};
      case "SuspendProcesses":
        this.known(name).suspended.push(...(params.ScalingProcesses as string[]));
        return {};
      case "ResumeProcesses":
        this.known(name).suspended = this.known(name).suspended.filter((each) => !(params.ScalingProcesses as string[]).includes(each));
        return {};
      case "SetInstanceProtection":
        for (const instance of this.known(name).instances) {
          if ((params.InstanceIds as string[]).includes(instance.InstanceId as string))
            instance.ProtectedFromScaleIn = params.ProtectedFromScaleIn;
        }
        return this.scale(name);
      default:
        return {};
    }
  }

  /** Changes the desired capacity outside the program, as scaling does. */
  setDesired(name: string, desired: number): void {
    this.known(name).params.DesiredCapacity = desired;
    this.scale(name);
  }

  private describe(name: string): Shape[] {
    const group = this.groups.get(name);
    if (!group) return [];
    const { DesiredCapacity, MinSize } = group.params;
    return [
      {
        ...group.params,
        DesiredCapacity: DesiredCapacity ?? MinSize,
        AutoScalingGroupARN: `arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0:autoScalingGroupName/${name}`,
        Instances: group.instances,
        WarmPoolConfiguration: group.warmPool,
        WarmPoolSize: 0,
        SuspendedProcesses: group.suspended.map((ProcessName) => ({ ProcessName })),
        EnabledMetrics: group.metrics.map((Metric) => ({ Metric, Granularity: "1Minute" })),
      },
    ];
  }

  private known(name: string): FakeGroup {
    const group = this.groups.get(name);
    if (!group) throw new AwsError("ValidationError", "AutoScalingGroup name not found - null");
    return group;
  }

  private scale(name: string): Shape {
    const group = this.known(name);
    const desired = Number(group.params.DesiredCapacity ?? group.params.MinSize ?? 0);
    while (group.instances.length < desired && !this.holdLaunches) {
      group.instances.push({
        InstanceId: `i-${String(this.nextInstance++).padStart(17, "0")}`,
        LifecycleState: "InService",
        HealthStatus: "Healthy",
        ProtectedFromScaleIn: false,
      });
    }
    while (group.instances.length > desired) {
      const index = group.instances.findIndex((instance) => !instance.ProtectedFromScaleIn);
      if (index < 0) break;
      group.instances.splice(index, 1);
    }
    return {};
  }
}
