import type { Authorisation, Shape } from "../api";
import { attributesIn } from "./instance-attributes";
import { tagsOf } from "./describe-instances";
import { texts } from "./filters";
import type { Ec2Parts } from "./parts";

const LAUNCHED = ["instance", "volume", "network-interface"];
const USED = ["security-group", "subnet"];

/** The resources on which IAM decides a call, with the condition keys that depend on them. All of them must be allowed. */
export function resourcesOf(parts: Ec2Parts, operation: string, params: Shape): Authorisation[] {
  switch (operation) {
    case "StartInstances":
    case "StopInstances":
    case "TerminateInstances":
      return texts(params, "InstanceIds").map((id) => onInstance(parts, id));
    case "GetConsoleOutput":
    case "DescribeInstanceAttribute":
    case "ModifyInstanceMetadataOptions":
      return [onInstance(parts, String(params.InstanceId))];
    case "ModifyInstanceAttribute":
      return [onInstance(parts, String(params.InstanceId), attributeKeys(params))];
    case "AttachVolume":
    case "DetachVolume": {
      const instanceId = params.InstanceId ?? parts.volumes.find(String(params.VolumeId))?.attachment?.instanceId;
      return [onVolume(parts, String(params.VolumeId)), ...(instanceId === undefined ? [] : [onInstance(parts, String(instanceId))])];
    }
    case "ModifyVolume":
    case "DeleteVolume":
      return [onVolume(parts, String(params.VolumeId))];
    case "CreateVolume":
      return [{ resource: arn(parts, "volume", "*"), context: {} }, ...tagging(parts, params, operation)];
    case "RunInstances":
      return [
        ...[...LAUNCHED, ...USED].map((kind) => ({ resource: arn(parts, kind, "*"), context: {} })),
        { resource: arn(parts, "image", String(params.ImageId), ""), context: {} },
        ...tagging(parts, params, operation),
      ];
    case "CreateTags":
    case "DeleteTags":
      return texts(params, "Resources").map((id) => (id.startsWith("vol-") ? onVolume(parts, id) : onInstance(parts, id)));
    default:
      // AWS has no resource for what only describes.
      return [{ resource: "*", context: {} }];
  }
}

function onInstance(parts: Ec2Parts, id: string, more: Record<string, string> = {}): Authorisation {
  const instance = parts.fleet.get(id);
  return {
    resource: arn(parts, "instance", id),
    context: { ...tagKeys(tagsOf(instance, parts.clock.now())), ...(instance && { "ec2:InstanceType": instance.instanceType }), ...more },
  };
}

function onVolume(parts: Ec2Parts, id: string): Authorisation {
  return { resource: arn(parts, "volume", id), context: tagKeys(parts.volumes.find(id)?.tags ?? {}) };
}

/** Creating with tags needs a permission of its own, whose condition key names the call that creates. */
function tagging(parts: Ec2Parts, params: Shape, operation: string): Authorisation[] {
  const specifications = (params.TagSpecifications as { ResourceType: string; Tags: { Key: string; Value: string }[] }[] | undefined) ?? [];
  return specifications.map(({ ResourceType, Tags }) => ({
    action: "ec2:CreateTags",
    resource: arn(parts, ResourceType, "*"),
    context: {
      "ec2:CreateAction": operation,
      ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    },
  }));
}

function attributeKeys(params: Shape): Record<string, string> {
  const [[name, value] = []] = attributesIn(params);
  return name === undefined ? {} : { "ec2:Attribute": name, [`ec2:Attribute/${name}`]: String(value) };
}

/** Condition keys that a policy can test for a tagged EC2 resource. */
function tagKeys(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ec2:ResourceTag/${key}`, value],
    ]),
  );
}

function arn({ account }: Ec2Parts, kind: string, id: string, owner = account.accountId): string {
  return `arn:aws:ec2:${account.region}:${owner}:${kind}/${id}`;
}
