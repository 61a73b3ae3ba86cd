import { randomUUID } from "node:crypto";
import type { Shape } from "../../aws/api";
import { attempt, failed, isAwsCode, modifyVolume, waitForInstance } from "../ec2-waits";
import { launchParams, metadataParams, tagParams, userDataBytes } from "../instance-params";
import { modifyWithStopStart } from "../instance-power";
import { IncompleteError, type Created, type ResourceContext, type ResourceType } from "../resource-type";
import { containsUnknown, dropAbsent, same, type Json, type Properties } from "../values";
import { notOneOf, type Problem } from "./checks";
import { instanceArn, liveState } from "./instance-state";

const DEFAULT_CREATE_SECONDS = 600;
const DEFAULT_DELETE_SECONDS = 1200;
/** Bytes of user data before base64 encoding. */
const USER_DATA_LIMIT = 16_384;
/** Of an image that EC2 does not describe. */
const DEFAULT_ROOT = "/dev/sda1";

const inputs = [
  "ami",
  "associatePublicIpAddress",
  "cpuOptions",
  "creditSpecification",
  "disableApiStop",
  "disableApiTermination",
  "ebsOptimized",
  "forceDestroy",
  "iamInstanceProfile",
  "instanceInitiatedShutdownBehavior",
  "instanceType",
  "metadataOptions",
  "monitoring",
  "rootBlockDevice",
  "subnetId",
  "tags",
  "userData",
  "userDataBase64",
  "userDataReplaceOnChange",
  "volumeTags",
  "vpcSecurityGroupIds",
] as const;

/** Inputs whose change the real provider applies by further calls, which the stand-in's EC2 does not have. */
const UNCHANGEABLE = ["creditSpecification", "iamInstanceProfile", "monitoring", "volumeTags"];
/** Of these there is one that EC2 changes only by replacing the volume. */
const FIXED_IN_ROOT = ["encrypted", "kmsKeyId"];
const USER_DATA = ["userData", "userDataBase64"];

function validate(given: Properties): Problem[] {
  const problems = notOneOf(given, "instanceInitiatedShutdownBehavior", ["stop", "terminate"]);
  if (given.userData !== undefined && given.userDataBase64 !== undefined) {
    problems.push({ property: "userDataBase64", reason: `"user_data_base64": conflicts with user_data` });
  }
  const bytes = containsUnknown(given.userData) ? 0 : Buffer.byteLength(String(given.userData ?? ""));
  if (bytes > USER_DATA_LIMIT) {
    problems.push({
      property: "userData",
      reason: `expected length of user_data to be in the range (0 - ${USER_DATA_LIMIT}), got ${bytes}`,
    });
  }
  for (const property of ["ami", "instanceType"]) {
    if (!(property in given)) problems.push({ property, reason: `"${property}": one of ${property},launch_template must be specified` });
  }
  return problems;
}

async function create(given: Properties, context: ResourceContext): Promise<Created> {
  const { ec2, tags, name } = context;
  const launched = { tags, clientToken: randomUUID(), rootDeviceName: await rootDeviceOf(given.ami, context) };
  const reply = await attempt(`creating EC2 Instance ${name}`, () => ec2.call("RunInstances", launchParams(given, launched)));
  const id = String((reply.Instances as Shape[])[0]!.InstanceId);
  try {
    await waitForInstance(context, id, {
      what: `waiting for EC2 Instance (${id}) create`,
      timeoutMs: (context.timeoutSeconds || DEFAULT_CREATE_SECONDS) * 1000,
      pending: ["pending"],
      target: "running",
    });
  } catch (error) {
    throw new IncompleteError(id, { arn: instanceArn(id, context) }, (error as Error).message);
  }
  return { id, outputs: await liveState(id, given, context) };
}

async function rootDeviceOf(ami: Json, { ec2 }: ResourceContext): Promise<string> {
  try {
    const { Images } = await ec2.call("DescribeImages", { ImageIds: [ami] });
    return String((Images as Shape[])[0]?.RootDeviceName ?? DEFAULT_ROOT);
  } catch (error) {
    // The stand-in launches images that it does not know.
    if (isAwsCode(error, "InvalidAMIID.NotFound")) return DEFAULT_ROOT;
    throw error;
  }
}

/** One call for each attribute; those that need a stop come before the protections, as in the real provider. */
async function update(id: string, given: Properties, old: Properties, context: ResourceContext): Promise<Properties> {
  const changed = (property: string) => property in given && !same(given[property], old[property]);
  const unchangeable = UNCHANGEABLE.find(changed);
  if (unchangeable !== undefined)
    throw new Error(`updating EC2 Instance (${id}): the rehearsal's provider does not change ${unchangeable}`);
  const modify = (attribute: Shape) =>
    attempt(`updating EC2 Instance (${id})`, () => context.ec2.call("ModifyInstanceAttribute", { InstanceId: id, ...attribute }));
  if (!same(context.tags, old.tagsAll ?? {})) await updateTags(id, context.tags, old.tagsAll ?? {}, context.ec2);
  if (changed("vpcSecurityGroupIds")) await modify({ Groups: given.vpcSecurityGroupIds });
  if (changed("instanceType")) await modifyWithStopStart(context, id, "type", { InstanceType: { Value: given.instanceType } });
  if (USER_DATA.some(changed)) await modifyWithStopStart(context, id, "user data", { UserData: { Value: userDataBytes(given) } });
  if (changed("disableApiStop")) await modify({ DisableApiStop: { Value: given.disableApiStop } });
  if (changed("disableApiTermination")) await modify({ DisableApiTermination: { Value: given.disableApiTermination } });
  if (changed("instanceInitiatedShutdownBehavior")) {
    await modify({ InstanceInitiatedShutdownBehavior: { Value: given.instanceInitiatedShutdownBehavior } });
  }
  if (changed("metadataOptions")) {
    const options = { InstanceId: id, ...metadataParams(given.metadataOptions) };
    await attempt(`updating EC2 Instance (${id}) metadata options`, () => context.ec2.call("ModifyInstanceMetadataOptions", options));
  }
  if (changed("rootBlockDevice")) await updateRoot(id, given.rootBlockDevice, old.rootBlockDevice ?? {}, context);
  return liveState(id, given, context);
}

/** Of the instance or of its root volume. */
async function updateTags(id: string, tags: Properties, before: Properties, ec2: ResourceContext["ec2"]): Promise<void> {
  const gone = Object.keys(before).filter((key) => !(key in tags));
  if (gone.length > 0) await ec2.call("DeleteTags", { Resources: [id], Tags: gone.map((Key) => ({ Key })) });
  const put = Object.fromEntries(Object.entries(tags).filter(([key, value]) => before[key] !== value));
  if (Object.keys(put).length > 0) await ec2.call("CreateTags", { Resources: [id], Tags: tagParams(put) });
}

async function updateRoot(id: string, root: Json, before: Json, context: ResourceContext): Promise<void> {
  if (root.deleteOnTermination !== undefined && root.deleteOnTermination !== before.deleteOnTermination) {
    throw new Error(`updating EC2 Instance (${id}): the rehearsal's provider does not change rootBlockDevice.deleteOnTermination`);
  }
  const [tags, tagsBefore] = [root.tags ?? {}, before.tags ?? {}];
  if (!same(tags, tagsBefore)) await updateTags(before.volumeId, tags, tagsBefore, context.ec2);
  const changes = dropAbsent({
    Size: root.volumeSize === before.volumeSize ? undefined : root.volumeSize,
    VolumeType: root.volumeType === before.volumeType ? undefined : root.volumeType,
    Iops: root.iops === before.iops ? undefined : root.iops,
    Throughput: root.throughput === before.throughput ? undefined : root.throughput,
  });
  if (Object.keys(changes).length === 0) return;
  await modifyVolume(context, before.volumeId, changes, `updating EC2 Instance (${id}) volume (${before.volumeId})`);
}

/** Without `forceDestroy`, EC2's protection from termination protects from `destroy` as well. */
async function remove(id: string, state: Properties, context: ResourceContext): Promise<void> {
  const { ec2, timeoutSeconds } = context;
  if (state.forceDestroy === true) {
    for (const attribute of ["DisableApiTermination", "DisableApiStop"]) {
      await ec2.call("ModifyInstanceAttribute", { InstanceId: id, [attribute]: { Value: false } }).catch(unlessMissing);
    }
  }
  try {
    await ec2.call("TerminateInstances", { InstanceIds: [id] });
  } catch (error) {
    if (isAwsCode(error, "InvalidInstanceID.NotFound")) return;
    throw failed(`terminating EC2 Instance (${id})`, error);
  }
  await waitForInstance(context, id, {
    what: `waiting for EC2 Instance (${id}) delete`,
    timeoutMs: (timeoutSeconds || DEFAULT_DELETE_SECONDS) * 1000,
    pending: ["pending", "running", "shutting-down", "stopping", "stopped"],
    target: "terminated",
  });
}

function unlessMissing(error: unknown): Shape {
  if (isAwsCode(error, "InvalidInstanceID.NotFound")) return {};
  throw error;
}

const instance: ResourceType = {
  inputs,
  replaceOn: ["ami", "associatePublicIpAddress", "cpuOptions", "ebsOptimized", "subnetId"],
  replacesFor: (property, news, olds) =>
    (USER_DATA.includes(property) && news.userDataReplaceOnChange === true) ||
    (property === "rootBlockDevice" &&
      FIXED_IN_ROOT.some((member) => {
        const [now, before] = [news.rootBlockDevice?.[member], olds.rootBlockDevice?.[member]];
        return now !== undefined && !same(now, before);
      })),
  computed: [
    "associatePublicIpAddress",
    "disableApiStop",
    "disableApiTermination",
    "ebsOptimized",
    "iamInstanceProfile",
    "instanceInitiatedShutdownBehavior",
    "metadataOptions",
    "monitoring",
    "rootBlockDevice",
    "subnetId",
    "userDataBase64",
    "vpcSecurityGroupIds",
  ],
  computedInObjects: {
    metadataOptions: ["httpEndpoint", "httpTokens", "httpPutResponseHopLimit", "instanceMetadataTags"],
    rootBlockDevice: [
      "deleteOnTermination",
      "deviceName",
      "encrypted",
      "iops",
      "kmsKeyId",
      "throughput",
      "volumeId",
      "volumeSize",
      "volumeType",
    ],
  },
  validate,
  create,
  update,
  async read(id, state, context) {
    const live = await liveState(id, state, context);
    return live.arn === undefined ? undefined : live;
  },
  delete: remove,
};

export const INSTANCE_TYPES: Record<string, ResourceType> = { "aws:ec2/instance:Instance": instance };
