import { type Authorisation, AwsError, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { AwsAccount } from "../account";
import type { Clock } from "../../clock";
import { consoleOutput } from "./console-output";
import { images, instanceTypes, volumesOf } from "./catalogue";
import type { Fleet } from "./fleet";
import type { Instance, PowerState } from "./instance";
import { describeVersions } from "./launch-templates";

export interface Ec2Options {
  fleet: Fleet;
  account: AwsAccount;
  store: ResourceStore;
  clock: Pick<Clock, "now">;
  /** What an instance's machine wrote to its console; also after its end. */
  console(instanceId: string): string;
}

/** EC2 takes them from an ended instance "after a short while" [A23.6]. */
const TAGS_KEPT_MS = 30_000;

/** EC2's numeric codes for the power states. */
const STATE_CODE: Record<PowerState, number> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** The part of EC2's API with which people and tools inspect and terminate instances. Only Auto Scaling launches them. */
export class Ec2 implements Service {
  readonly prefix = "ec2";

  constructor(private readonly options: Ec2Options) {}

  async execute(operation: string, params: Shape, _principal: Principal): Promise<Shape> {
    switch (operation) {
      case "DescribeInstances":
        return this.describeInstances(params);
      case "TerminateInstances":
        return this.terminateInstances(params);
      case "GetConsoleOutput":
        return this.getConsoleOutput(params);
      case "DescribeInstanceTypes":
        return { InstanceTypes: this.describeInstanceTypes(params) };
      case "DescribeLaunchTemplateVersions":
        return describeVersions(this.options.store, params);
      case "DescribeImages":
        return { Images: this.describeImages(params) };
      default:
        throw new AwsError("InvalidAction", `The action ${operation} is not valid for this web service.`);
    }
  }

  authorisation(operation: string, params: Shape): Authorisation[] {
    const concerned = operation === "GetConsoleOutput" ? [String(params.InstanceId)] : ids(params, "InstanceIds");
    if (operation !== "TerminateInstances" && operation !== "GetConsoleOutput") return [{ resource: "*", context: {} }];
    return concerned.map((id) => ({
      resource: this.arn(id),
      context: tagContext(this.tags(this.options.fleet.get(id))),
    }));
  }

  arn(instanceId: string): string {
    const { region, accountId } = this.options.account;
    return `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`;
  }

  private tags(instance: Instance | undefined): Record<string, string> {
    const { tags = {}, endedAt } = instance ?? {};
    return endedAt !== undefined && this.options.clock.now() - endedAt > TAGS_KEPT_MS ? {} : tags;
  }

  private describeInstances(params: Shape): Shape {
    const wanted = ids(params, "InstanceIds");
    const filters = (params.Filters as Filter[] | undefined) ?? [];
    const found = wanted.length > 0 ? wanted.map((id) => this.known(id)) : this.options.fleet.list();
    const matching = found.filter((instance) => filters.every((filter) => matches({ ...instance, tags: this.tags(instance) }, filter)));
    const { items, NextToken } = page(matching, params, wanted.length > 0);
    return {
      Reservations: items.map((instance) => ({
        ReservationId: instance.reservationId,
        OwnerId: this.options.account.accountId,
        Instances: [describe(instance, this.tags(instance))],
      })),
      NextToken,
    };
  }

  /** Terminates at once; no lifecycle hook delays it. The group notices later. */
  private async terminateInstances(params: Shape): Promise<Shape> {
    const instances = ids(params, "InstanceIds").map((id) => this.known(id));
    const previous = instances.map(({ state }) => state);
    for (const instance of instances) void this.options.fleet.lose(instance);
    return {
      TerminatingInstances: instances.map((instance, i) => ({
        InstanceId: instance.id,
        PreviousState: stateShape(previous[i]!),
        CurrentState: stateShape(previous[i] === "terminated" ? "terminated" : "shutting-down"),
      })),
    };
  }

  private getConsoleOutput({ InstanceId, Latest }: Shape): Shape {
    const instance = this.known(String(InstanceId));
    const now = this.options.clock.now();
    return consoleOutput(instance, { now, latest: Latest === true, text: () => this.options.console(instance.id) });
  }

  private describeInstanceTypes(params: Shape): Shape[] {
    const wanted = ids(params, "InstanceTypes");
    const unknown = wanted.filter((name) => !instanceTypes.has(name));
    if (unknown.length > 0) {
      throw new AwsError("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`);
    }
    const types = wanted.length > 0 ? wanted.map((name) => instanceTypes.get(name)!) : [...instanceTypes.values()];
    return types.map((type) => ({
      InstanceType: type.name,
      VCpuInfo: { DefaultVCpus: type.vcpus },
      MemoryInfo: { SizeInMiB: type.memoryMib },
      ProcessorInfo: { SupportedArchitectures: [type.architecture] },
      HibernationSupported: type.hibernation,
      InstanceStorageSupported: type.disks !== undefined,
      InstanceStorageInfo: type.disks && {
        TotalSizeInGB: type.disks.count * type.disks.size,
        Disks: [{ SizeInGB: type.disks.size, Count: type.disks.count, Type: "ssd" }],
        NvmeSupport: "required",
        EncryptionSupport: "required",
      },
    }));
  }

  private describeImages(params: Shape): Shape[] {
    const wanted = ids(params, "ImageIds");
    return wanted.map((id) => {
      const image = images.get(id);
      if (!image) throw new AwsError("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
      return {
        ImageId: image.id,
        Name: image.name,
        OwnerId: image.owner,
        Architecture: image.architecture,
        RootDeviceName: image.rootDeviceName,
        RootDeviceType: "ebs",
        VirtualizationType: "hvm",
        State: "available",
        BlockDeviceMappings: volumesOf(image).map(({ deviceName, sizeGib, snapshotId }) => ({
          DeviceName: deviceName,
          Ebs: { VolumeSize: sizeGib, SnapshotId: snapshotId },
        })),
      };
    });
  }

  private known(id: string): Instance {
    const instance = this.options.fleet.get(id);
    if (!instance) throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
    return instance;
  }
}

/** EC2 pages only if MaxResults is given (5 to 1000), and never over a list of ids. */
function page<T>(items: T[], params: Shape, byId: boolean): { items: T[]; NextToken?: string } {
  const size = params.MaxResults as number | undefined;
  if (byId && size !== undefined) {
    throw new AwsError("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults");
  }
  if (size !== undefined && size < 5) {
    throw new AwsError("InvalidParameterValue", `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value greater than 5.`);
  }
  const start = Number(params.NextToken ?? 0);
  if (!Number.isSafeInteger(start) || start < 0) throw new AwsError("InvalidNextToken", "The token is invalid.");
  const end = size === undefined ? items.length : start + Math.min(size, 1000);
  return { items: items.slice(start, end), ...(end < items.length && { NextToken: String(end) }) };
}

interface Filter {
  Name: string;
  Values: string[];
}

function matches(instance: Instance, filter: Filter): boolean {
  const value = filterValue(instance, filter.Name);
  return value !== undefined && filter.Values.includes(value);
}

function filterValue(instance: Instance, name: string): string | undefined {
  if (name.startsWith("tag:")) return instance.tags[name.slice("tag:".length)];
  switch (name) {
    case "instance-id":
      return instance.id;
    case "instance-state-name":
      return instance.state;
    case "instance-type":
      return instance.instanceType;
    case "private-ip-address":
      return instance.privateIp;
    default:
      throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
  }
}

function describe(instance: Instance, tags: Record<string, string>): Shape {
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    State: stateShape(instance.state),
    PrivateIpAddress: instance.privateIp,
    SubnetId: instance.subnetId,
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: "default" },
    InstanceLifecycle: instance.spot ? "spot" : undefined,
    IamInstanceProfile: instance.profile ? { Arn: instance.profile.arn } : undefined,
    HibernationOptions: { Configured: instance.hibernation ?? false },
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function stateShape(state: PowerState): Shape {
  return { Code: STATE_CODE[state], Name: state };
}

function ids(params: Shape, field: string): string[] {
  return (params[field] as string[] | undefined) ?? [];
}

/** Condition keys that a policy can test for a tagged EC2 resource. */
function tagContext(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ec2:ResourceTag/${key}`, value],
    ]),
  );
}
