import type { Shape } from "../api";
import { page, passes, tagList, tagValues, texts } from "./filters";
import type { Instance, PowerState } from "./instance";
import { instanceTypes } from "./catalogue";
import { instanceNotFound } from "./errors";
import type { Ec2Parts } from "./parts";

/** EC2 takes them from an ended instance "after a short while" [A23.6]. */
const TAGS_KEPT_MS = 30_000;
/** From the start to the end of EC2's own checks of a running instance. */
const CHECKS_MS = 60_000;

/** EC2's numeric codes for the power states. */
const STATE_CODE: Record<PowerState, number> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateShape(state: PowerState): Shape {
  return { Code: STATE_CODE[state], Name: state };
}

/** As EC2 shows them. */
export function tagsOf(instance: Instance | undefined, now: number): Record<string, string> {
  const { tags = {}, endedAt } = instance ?? {};
  return endedAt !== undefined && now - endedAt > TAGS_KEPT_MS ? {} : tags;
}

export function describeInstances(parts: Ec2Parts, params: Shape): Shape {
  const { items, NextToken } = select(parts, params);
  return {
    Reservations: items.map((instance) => ({
      ReservationId: instance.reservationId,
      OwnerId: parts.account.accountId,
      Instances: [describeInstance(parts, instance)],
    })),
    NextToken,
  };
}

/** Only of running instances, unless the caller asks for all. */
export function describeInstanceStatus(parts: Ec2Parts, params: Shape): Shape {
  const { items, NextToken } = select(parts, params, params.IncludeAllInstances === true ? undefined : "running");
  const now = parts.clock.now();
  return {
    InstanceStatuses: items.map(({ id, state, launchedAt, availabilityZone }) => {
      const Status = state !== "running" ? "not-applicable" : now - launchedAt < CHECKS_MS ? "initializing" : "ok";
      const Details = state === "running" ? [{ Name: "reachability", Status: Status === "ok" ? "passed" : "initializing" }] : undefined;
      return {
        InstanceId: id,
        AvailabilityZone: availabilityZone,
        InstanceState: stateShape(state),
        InstanceStatus: { Status, Details },
        SystemStatus: { Status, Details },
      };
    }),
    NextToken,
  };
}

function select(parts: Ec2Parts, params: Shape, state?: PowerState): { items: Instance[]; NextToken?: string } {
  const wanted = texts(params, "InstanceIds");
  const found = wanted.length > 0 ? wanted.map((id) => shown(parts, id)) : parts.fleet.list().flatMap((one) => listed(parts, one));
  const now = parts.clock.now();
  const passing = found.filter(
    (instance) =>
      (state === undefined || instance.state === state) &&
      passes(instance, params, (one, name) => tagValues(tagsOf(one, now), name) ?? filterValues(one, name)),
  );
  return page(passing, params, wanted.length > 0);
}

function shown(parts: Ec2Parts, id: string): Instance {
  const found = parts.staleReads.shown(parts.known(id));
  if (!found) throw instanceNotFound(id);
  return found;
}

function listed(parts: Ec2Parts, instance: Instance): Instance[] {
  const found = parts.isForgotten(instance) ? undefined : parts.staleReads.shown(instance);
  return found ? [found] : [];
}

function filterValues(instance: Instance, name: string): (string | undefined)[] | undefined {
  switch (name) {
    case "instance-id":
      return [instance.id];
    case "instance-state-name":
      return [instance.state];
    case "instance-state-code":
      return [String(STATE_CODE[instance.state])];
    case "instance-type":
      return [instance.instanceType];
    case "image-id":
      return [instance.imageId];
    case "private-ip-address":
      return [instance.privateIp];
    case "ip-address":
      return [instance.publicIp];
    case "subnet-id":
      return [instance.subnetId];
    case "availability-zone":
      return [instance.availabilityZone];
    case "client-token":
      return [instance.own?.clientToken];
    case "state-reason-code":
      return [instance.reason?.code];
    case "reason":
      return [instance.transition];
    default:
      return undefined;
  }
}

export function describeInstance(parts: Ec2Parts, instance: Instance): Shape {
  const { own } = instance;
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    State: stateShape(instance.state),
    PrivateIpAddress: instance.privateIp,
    SubnetId: instance.subnetId,
    LaunchTime: new Date(Math.floor(instance.launchedAt / 1000) * 1000),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: "default" },
    InstanceLifecycle: instance.spot ? "spot" : undefined,
    IamInstanceProfile: instance.profile ? { Arn: instance.profile.arn } : undefined,
    HibernationOptions: { Configured: instance.hibernation ?? false },
    Tags: tagList(tagsOf(instance, parts.clock.now())),
    StateTransitionReason: instance.transition,
    StateReason: instance.reason && { Code: instance.reason.code, Message: instance.reason.message },
    PublicIpAddress: instance.publicIp,
    ...(own && ownShape(parts, instance)),
  };
}

function ownShape({ volumes }: Ec2Parts, instance: Instance): Shape {
  const { own, metadata = {} } = instance;
  return {
    Architecture: instanceTypes.get(instance.instanceType)?.architecture,
    ClientToken: own!.clientToken,
    CpuOptions: own!.nestedVirtualization ? { NestedVirtualization: "enabled" } : undefined,
    RootDeviceName: own!.rootDeviceName,
    RootDeviceType: "ebs",
    VirtualizationType: "hvm",
    SecurityGroups: own!.securityGroups.map((GroupId) => ({ GroupId })),
    MetadataOptions: {
      State: "applied",
      HttpTokens: metadata.httpTokens ?? "required",
      HttpPutResponseHopLimit: metadata.httpPutResponseHopLimit ?? 1,
      HttpEndpoint: metadata.httpEndpoint ?? "enabled",
      InstanceMetadataTags: metadata.instanceMetadataTags ?? "disabled",
    },
    BlockDeviceMappings: volumes.of(instance.id).map(({ id, attachment }) => ({
      DeviceName: attachment!.device,
      Ebs: {
        VolumeId: id,
        AttachTime: new Date(attachment!.at),
        DeleteOnTermination: attachment!.deleteOnTermination,
        Status: attachment!.state === "busy" ? "detaching" : attachment!.state,
      },
    })),
  };
}
