import { AwsError, type Shape } from "../api";
import { findImage, instanceTypes } from "./catalogue";
import { invalidValue, notStopped } from "./errors";
import type { Instance, OwnSettings } from "./instance";
import type { Ec2Parts, Operation } from "./parts";
import { nestedVirtualizationRefusal, userDataOf } from "./launch-refusals";

/** Attributes that ModifyInstanceAttribute changes here, by the member that holds the value. */
const CHANGES: Readonly<Record<string, (instance: Instance, value: unknown, parts: Ec2Parts) => void>> = {
  InstanceType(instance, value, parts) {
    onlyStopped(instance);
    instance.instanceType = checkedType(instance, String(value), parts);
  },
  UserData(instance, value) {
    onlyStopped(instance);
    instance.userData = userDataOf(Buffer.from(value as Uint8Array).toString("base64"));
  },
  DisableApiTermination: (instance, value) => (settings(instance).disableApiTermination = value === true),
  DisableApiStop: (instance, value) => (settings(instance).disableApiStop = value === true),
  InstanceInitiatedShutdownBehavior(instance, value) {
    if (value !== "stop" && value !== "terminate") throw invalidValue(`Invalid value '${value}' for instanceInitiatedShutdownBehavior`);
    settings(instance).shutdownBehavior = value;
  },
  Groups: (instance, value) => (settings(instance).securityGroups = value as string[]),
};

/** The same by the names with which DescribeInstanceAttribute, and the other form of ModifyInstanceAttribute, ask. */
const NAMES: Readonly<Record<string, string>> = {
  instanceType: "InstanceType",
  userData: "UserData",
  disableApiTermination: "DisableApiTermination",
  disableApiStop: "DisableApiStop",
  instanceInitiatedShutdownBehavior: "InstanceInitiatedShutdownBehavior",
};

export const ATTRIBUTE_OPERATIONS: Readonly<Record<string, Operation>> = {
  ModifyInstanceAttribute(parts, params) {
    const instance = parts.known(String(params.InstanceId));
    const [given, ...more] = attributesIn(params);
    if (given === undefined) throw new AwsError("InvalidParameterCombination", "No attributes specified.");
    if (more.length > 0) throw new AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified");
    const [attribute, value] = given;
    const act = CHANGES[attribute];
    if (!act) throw new Error(`ModifyInstanceAttribute: the rehearsal's EC2 does not change ${attribute}`);
    act(instance, value, parts);
    return {};
  },

  DescribeInstanceAttribute(parts, params) {
    const instance = parts.known(String(params.InstanceId));
    const member = NAMES[String(params.Attribute)];
    if (member === undefined) throw new Error(`DescribeInstanceAttribute: the rehearsal's EC2 does not describe ${params.Attribute}`);
    return { InstanceId: instance.id, [member]: { Value: attributeOf(instance, member) } };
  },

  ModifyInstanceMetadataOptions(parts, { InstanceId, HttpTokens, HttpPutResponseHopLimit, HttpEndpoint, InstanceMetadataTags }) {
    const instance = parts.known(String(InstanceId));
    const changed = {
      httpTokens: HttpTokens,
      httpPutResponseHopLimit: HttpPutResponseHopLimit,
      httpEndpoint: HttpEndpoint,
      instanceMetadataTags: InstanceMetadataTags,
    };
    instance.metadata = { ...instance.metadata, ...Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)) };
    return { InstanceId: instance.id, InstanceMetadataOptions: { State: "applied" } };
  },
};

/** What a request would change, by the member; `ec2:Attribute` in a policy. */
export function attributesIn(params: Shape): [string, unknown][] {
  const { InstanceId: _id, DryRun: _dry, Attribute, Value, ...members } = params;
  const named: [string, unknown][] = Attribute === undefined ? [] : [[NAMES[String(Attribute)] ?? String(Attribute), Value]];
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return [...named, ...given.map(([name, value]): [string, unknown] => [name, valueOf(value)])];
}

function valueOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "Value" in value ? value.Value : value;
}

function attributeOf(instance: Instance, member: string): unknown {
  switch (member) {
    case "InstanceType":
      return instance.instanceType;
    case "UserData":
      return instance.userData === "" ? undefined : Buffer.from(instance.userData).toString("base64");
    case "InstanceInitiatedShutdownBehavior":
      return instance.own?.shutdownBehavior ?? "stop";
    default:
      return (member === "DisableApiStop" ? instance.own?.disableApiStop : instance.own?.disableApiTermination) ?? false;
  }
}

function settings(instance: Instance): OwnSettings {
  if (!instance.own) throw new Error(`${instance.id} belongs to a group: the rehearsal's EC2 does not change its attributes`);
  return instance.own;
}

function onlyStopped(instance: Instance): void {
  if (instance.state !== "stopped") throw notStopped(instance.id);
}

function checkedType(instance: Instance, name: string, { images, account }: Ec2Parts): string {
  const type = instanceTypes.get(name);
  if (!type) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  const image = findImage(instance.imageId ?? "", images, account.accountId);
  const architecture = image?.architecture ?? instanceTypes.get(instance.instanceType)?.architecture;
  if (architecture !== undefined && architecture !== type.architecture) {
    throw invalidValue(
      `The architecture '${type.architecture}' of the instance type '${name}' does not match '${architecture}' of the instance.`,
    );
  }
  const refusal = nestedVirtualizationRefusal(type, instance.own?.nestedVirtualization ?? false);
  if (refusal) throw refusal;
  return name;
}
