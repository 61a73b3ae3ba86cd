import { partitionOf } from "../../../contract/aws/partitions";
import { arn } from "../resource-type";
import { type ApiCall, type CallsOf, type Change, passRole, requestTags, resourceTags, taggingCalls, tagsWhere } from "./api-call";
import { same } from "../values";
import { profileRole } from "./auto-scaling";
import { ec2Arn, tagged } from "./ec2";

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const SUBNET = "aws:ec2/subnet:Subnet";

/** For what EC2 changes only while the instance is off. */
const WITH_STOP_START = ["ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances"];

/** EBS asks for the data key of a volume, and makes itself a grant for each attachment, with the permissions of its caller. */
function volumeKeyCalls({ account: { region } }: Change, key: unknown): ApiCall[] {
  if (!key) return [];
  const context = { "kms:ViaService": `ec2.${region}.${partitionOf(region).dnsSuffix}` };
  const resource = String(key);
  return [
    ...["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt"].map((action) => ({ action, resource, context })),
    { action: "kms:CreateGrant", resource, context: { ...context, "kms:GrantIsForAWSResource": "true" } },
  ];
}

/** What a launch uses and makes besides the instance, each of which IAM decides on. */
function launched(change: Change): ApiCall[] {
  const { state, account, store } = change;
  const launch = (resource: string, context: Record<string, string> = {}): ApiCall => ({ action: "ec2:RunInstances", resource, context });
  const groups: unknown[] = state.vpcSecurityGroupIds ?? [];
  const volumeTags: Record<string, string> = state.volumeTags ?? state.rootBlockDevice?.tags ?? {};
  return [
    ...["volume", "network-interface"].map((kind) => launch(ec2Arn(change, kind, ""))),
    ...groups.map((id) => launch(ec2Arn(change, "security-group", id), resourceTags(tagsWhere(store, GROUP, (_, own) => own === id)))),
    launch(ec2Arn(change, "subnet", state.subnetId), resourceTags(tagsWhere(store, SUBNET, (_, own) => own === state.subnetId))),
    launch(arn(account, "ec2", `image/${state.ami}`, { account: false })),
    ...(Object.keys(volumeTags).length > 0
      ? [
          {
            action: "ec2:CreateTags",
            resource: ec2Arn(change, "volume", ""),
            context: { ...requestTags(volumeTags), "ec2:CreateAction": "RunInstances" },
          },
        ]
      : []),
    ...profileRole(state.iamInstanceProfile && { name: state.iamInstanceProfile }, change).map((role) =>
      passRole(role, partitionOf(account.region).ec2Principal, change),
    ),
    ...volumeKeyCalls(change, state.rootBlockDevice?.kmsKeyId),
  ];
}

/** The root volume's tags are changed by calls of their own, whose resource is the volume. */
function onRoot(change: Change): ApiCall[] {
  const { tags: before = {}, ...old } = change.before.rootBlockDevice ?? {};
  const { tags = {}, ...root } = change.state.rootBlockDevice ?? {};
  const resource = ec2Arn(change, "volume", old.volumeId);
  const existing = resourceTags(before);
  return [
    ...taggingCalls({ tags, tagsBefore: before }, { tag: "ec2:CreateTags", untag: "ec2:DeleteTags" }, resource, existing),
    ...(Object.keys(root).some((member) => !same(root[member], old[member]))
      ? [{ action: "ec2:ModifyVolume", resource, context: existing }]
      : []),
  ];
}

/** Changes of what the instance has, on which IAM decides by itself. */
function onParts(change: Change): ApiCall[] {
  const { changed } = change;
  return [
    ...(changed.includes("rootBlockDevice") ? onRoot(change) : []),
    ...(changed.includes("vpcSecurityGroupIds")
      ? [{ action: "ec2:ModifyNetworkInterfaceAttribute", resource: ec2Arn(change, "network-interface", ""), context: {} }]
      : []),
  ];
}

/** Each call names both. */
const attachment: CallsOf = (change) => {
  if (change.kind === "update" || (change.kind === "delete" && change.state.skipDestroy === true)) return [];
  const { instanceId, volumeId, stopInstanceBeforeDetaching } = change.state;
  const tags = (type: string, id: unknown) => resourceTags(tagsWhere(change.store, type, (_, own) => own === id));
  const onInstance = { resource: ec2Arn(change, "instance", instanceId), context: tags(INSTANCE, instanceId) };
  const onVolume = { resource: ec2Arn(change, "volume", volumeId), context: tags(VOLUME, volumeId) };
  const stops = change.kind === "delete" && stopInstanceBeforeDetaching === true;
  const action = change.kind === "create" ? "ec2:AttachVolume" : "ec2:DetachVolume";
  return [...(stops ? [{ action: "ec2:StopInstances", ...onInstance }] : []), { action, ...onInstance }, { action, ...onVolume }];
};

export const INSTANCE_CALLS: Record<string, CallsOf> = {
  [INSTANCE]: tagged("instance", {
    create: ["ec2:RunInstances"],
    update: {
      instanceType: WITH_STOP_START,
      userData: WITH_STOP_START,
      userDataBase64: WITH_STOP_START,
      metadataOptions: ["ec2:ModifyInstanceMetadataOptions"],
      ...Object.fromEntries(
        ["forceDestroy", "rootBlockDevice", "userDataReplaceOnChange", "vpcSecurityGroupIds"].map((input) => [input, []]),
      ),
      "*": ["ec2:ModifyInstanceAttribute"],
    },
    remove: ["ec2:TerminateInstances"],
    besides: (change) => [
      ...(change.kind === "create" ? launched(change) : []),
      ...(change.kind === "update" ? onParts(change) : []),
      ...(change.kind === "delete" && change.state.forceDestroy === true
        ? [
            {
              action: "ec2:ModifyInstanceAttribute",
              resource: ec2Arn(change, "instance", change.id),
              context: resourceTags(change.tagsBefore),
            },
          ]
        : []),
    ],
  }),
  [VOLUME]: tagged("volume", {
    create: ["ec2:CreateVolume"],
    update: { finalSnapshot: [], "*": ["ec2:ModifyVolume"] },
    remove: ["ec2:DeleteVolume"],
    besides: (change) => (change.kind === "create" ? volumeKeyCalls(change, change.state.kmsKeyId) : []),
  }),
  "aws:ec2/volumeAttachment:VolumeAttachment": attachment,
};
