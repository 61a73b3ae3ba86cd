import { crc32 } from "node:zlib";
import type { Shape } from "../../aws/api";
import { attempt, failed, findVolume, isAwsCode, modifyVolume, type Ec2Context, waitForState } from "../ec2-waits";
import { stopInstance } from "../instance-power";
import { tagParams } from "../instance-params";
import { arn, type ResourceContext, type ResourceType, text } from "../resource-type";
import { dropAbsent, same, type Properties } from "../values";

/** The real provider's default timeouts, in seconds. */
const VOLUME_SECONDS = 300;
const DELETE_SECONDS = 600;
const ATTACHMENT_SECONDS = 300;
const RETRY_MS = 500;

const volume: ResourceType = {
  inputs: ["availabilityZone", "encrypted", "finalSnapshot", "iops", "kmsKeyId", "size", "tags", "throughput", "type"],
  required: ["availabilityZone"],
  replaceOn: ["availabilityZone", "encrypted", "kmsKeyId"],
  computed: ["encrypted", "iops", "kmsKeyId", "size", "throughput", "type"],
  validate: (given) =>
    given.finalSnapshot === true ? [{ property: "finalSnapshot", reason: "the rehearsal's EC2 makes no snapshots; leave it out" }] : [],

  async create(given, context) {
    const { ec2, name, tags } = context;
    const reply = await attempt(`creating EBS Volume ${name}`, () => ec2.call("CreateVolume", { ...volumeParams(given, tags) }));
    const id = String(reply.VolumeId);
    await waitForState(
      context,
      {
        what: `waiting for EBS Volume (${id}) create`,
        timeoutMs: (context.timeoutSeconds || VOLUME_SECONDS) * 1000,
        pending: ["creating"],
        target: "available",
      },
      () => stateOf(context, id),
    );
    return { id, outputs: (await liveVolume(id, context)) ?? {} };
  },

  async update(id, given, old, context) {
    const { ec2, tags } = context;
    const changed = ["size", "type", "iops", "throughput"].filter((name) => given[name] !== undefined && !same(given[name], old[name]));
    const before: Properties = old.tagsAll ?? {};
    const gone = Object.keys(before).filter((key) => !(key in tags));
    if (gone.length > 0) await ec2.call("DeleteTags", { Resources: [id], Tags: gone.map((Key) => ({ Key })) });
    if (!same(tags, before)) await ec2.call("CreateTags", { Resources: [id], Tags: tagParams(tags) });
    if (changed.length > 0) {
      const params = dropAbsent({ Size: given.size, VolumeType: given.type, Iops: given.iops, Throughput: given.throughput });
      await modifyVolume(context, id, params, `modifying EBS Volume (${id})`);
    }
    return (await liveVolume(id, context)) ?? {};
  },

  read: (id, _state, context) => liveVolume(id, context),

  /** Waits for a volume that is still attached. */
  async delete(id, _state, context) {
    const { ec2, now, pause, timeoutSeconds } = context;
    const deadline = now() + (timeoutSeconds || DELETE_SECONDS) * 1000;
    for (;;) {
      try {
        await ec2.call("DeleteVolume", { VolumeId: id });
        return;
      } catch (error) {
        if (isAwsCode(error, "InvalidVolume.NotFound")) return;
        if (!isAwsCode(error, "VolumeInUse") || now() >= deadline) throw failed(`deleting EBS Volume (${id})`, error);
        await pause(RETRY_MS);
      }
    }
  },
};

function volumeParams(given: Properties, tags: Record<string, string>): Shape {
  return dropAbsent({
    AvailabilityZone: given.availabilityZone,
    Size: given.size,
    VolumeType: given.type,
    Iops: given.iops,
    Throughput: given.throughput,
    Encrypted: given.encrypted,
    KmsKeyId: given.kmsKeyId,
    TagSpecifications: Object.keys(tags).length > 0 ? [{ ResourceType: "volume", Tags: tagParams(tags) }] : undefined,
  });
}

async function liveVolume(id: string, { ec2, account }: ResourceContext): Promise<Properties | undefined> {
  const found = await findVolume(ec2, id);
  if (!found) return undefined;
  return dropAbsent({
    arn: arn(account, "ec2", `volume/${id}`),
    availabilityZone: found.AvailabilityZone,
    createTime: (found.CreateTime as Date).toISOString(),
    encrypted: found.Encrypted,
    iops: found.Iops,
    kmsKeyId: found.KmsKeyId,
    size: found.Size,
    throughput: found.Throughput,
    type: found.VolumeType,
  });
}

async function stateOf({ ec2 }: Ec2Context, id: string): Promise<{ state: string } | undefined> {
  const found = await findVolume(ec2, id);
  return found && { state: String(found.State) };
}

const attachment: ResourceType = {
  inputs: ["deviceName", "forceDetach", "instanceId", "skipDestroy", "stopInstanceBeforeDetaching", "volumeId"],
  required: ["deviceName", "instanceId", "volumeId"],
  replaceOn: ["deviceName", "instanceId", "volumeId"],

  async create(given, context) {
    const what = `EBS Volume (${given.volumeId}) to EC2 Instance (${given.instanceId})`;
    const params = { Device: given.deviceName, InstanceId: given.instanceId, VolumeId: given.volumeId };
    if (!(await attachmentOf(given, context))) await attempt(`attaching ${what}`, () => context.ec2.call("AttachVolume", params));
    const timeoutMs = (context.timeoutSeconds || ATTACHMENT_SECONDS) * 1000;
    await waitForState(context, { what: `waiting for ${what}`, timeoutMs, pending: ["attaching"], target: "attached" }, () =>
      attachmentOf(given, context),
    );
    const digest = crc32(`${given.deviceName}-${given.instanceId}-${given.volumeId}-`);
    return { id: `vai-${digest}`, outputs: {} };
  },

  async read(_id, state, context) {
    return (await attachmentOf(state, context)) ? {} : undefined;
  },

  /** A volume that a running machine has mounted is `busy`: the provider does not expect that, and fails. */
  async delete(_id, state, context) {
    if (state.skipDestroy === true) return;
    const { volumeId, instanceId, deviceName } = state;
    const what = `deleting EBS Volume (${volumeId}) Attachment (${instanceId})`;
    if (state.stopInstanceBeforeDetaching === true) await stopInstance(context, text(instanceId), what);
    try {
      const params = { VolumeId: volumeId, InstanceId: instanceId, Device: deviceName, Force: state.forceDetach === true };
      await context.ec2.call("DetachVolume", params);
    } catch (error) {
      if (isAwsCode(error, "IncorrectState") && error.message.includes("available")) return;
      throw failed(what, error);
    }
    const timeoutMs = (context.timeoutSeconds || ATTACHMENT_SECONDS) * 1000;
    await waitForState(context, { what: `${what}: waiting`, timeoutMs, pending: ["detaching"], target: "gone" }, () =>
      attachmentOf(state, context),
    );
  },
};

async function attachmentOf(given: Properties, { ec2 }: Ec2Context): Promise<{ state: string } | undefined> {
  const found = await findVolume(ec2, text(given.volumeId));
  const attachments = (found?.Attachments as { InstanceId: string; Device: string; State: string }[] | undefined) ?? [];
  const own = attachments.find(({ InstanceId, Device }) => InstanceId === given.instanceId && Device === given.deviceName);
  return own && { state: own.State };
}

export const EBS_TYPES: Record<string, ResourceType> = {
  "aws:ebs/volume:Volume": volume,
  "aws:ec2/volumeAttachment:VolumeAttachment": attachment,
};
