import { AwsError, type Shape } from "../api";
import { invalidValue } from "./errors";
import { page, passes, tagList, tagValues, texts } from "./filters";
import type { Operation } from "./parts";
import { modificationRefusal, modificationShape } from "./volume-modification";
import { volumeRefusal } from "./volume-refusal";
import type { Volume } from "./volumes";

export const VOLUME_OPERATIONS: Readonly<Record<string, Operation>> = {
  CreateVolume({ volumes, account }, params) {
    const { AvailabilityZone, Size, VolumeType = "gp2", Iops, Throughput, Encrypted, KmsKeyId, SnapshotId } = params as Record<string, any>;
    if (!String(AvailabilityZone).startsWith(account.region)) {
      throw new AwsError("InvalidZone.NotFound", `The zone '${AvailabilityZone}' does not exist.`);
    }
    if (SnapshotId !== undefined) throw new Error("CreateVolume: the rehearsal's EC2 has no snapshots");
    const ebs = { volumeSize: Size, volumeType: VolumeType, iops: Iops, throughput: Throughput };
    const refusal = volumeRefusal(undefined, [{ ebs }]);
    if (Size === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter size or snapshotId");
    if (refusal !== undefined) throw invalidValue(refusal);
    const volume = volumes.create({
      sizeGib: Size,
      type: VolumeType,
      iops: Iops,
      throughput: Throughput,
      encrypted: Encrypted === true || KmsKeyId !== undefined,
      kmsKeyId: KmsKeyId,
      availabilityZone: AvailabilityZone,
      tags: tagsFor(params),
    });
    return describe(volume);
  },

  DescribeVolumes({ volumes }, params) {
    const wanted = texts(params, "VolumeIds");
    const found = wanted.length > 0 ? wanted.map((id) => volumes.get(id)) : volumes.list();
    const passing = found.filter((volume) => passes(volume, params, (one, name) => tagValues(one.tags, name) ?? filterValues(one, name)));
    const { items, NextToken } = page(passing, params, wanted.length > 0);
    return { Volumes: items.map(describe), NextToken };
  },

  AttachVolume({ volumes, known }, { VolumeId, InstanceId, Device }) {
    const volume = volumes.get(String(VolumeId));
    volumes.attach(volume, known(String(InstanceId)), String(Device));
    return attachmentShape(volume)!;
  },

  DetachVolume({ volumes, fleet }, { VolumeId, InstanceId, Device }) {
    const volume = volumes.get(String(VolumeId));
    const { attachment } = volume;
    const other =
      attachment &&
      ((InstanceId ?? attachment.instanceId) !== attachment.instanceId || (Device ?? attachment.device) !== attachment.device);
    if (other) {
      const message = `The volume '${volume.id}' is not attached to instance '${InstanceId}' as device '${Device}'.`;
      throw new AwsError("InvalidAttachment.NotFound", message);
    }
    volumes.detach(volume, attachment && fleet.get(attachment.instanceId));
    return attachmentShape(volume)!;
  },

  DescribeVolumesModifications({ volumes, clock }, params) {
    const found = texts(params, "VolumeIds").map((id) => volumes.get(id));
    const missing = found.find(({ modifications }) => modifications === undefined);
    if (missing) throw new AwsError("InvalidVolumeModification.NotFound", `Modification for volume '${missing.id}' does not exist.`);
    return { VolumesModifications: found.map((volume) => modificationShape(volume, clock.now())) };
  },

  async ModifyVolume({ volumes, clock }, params) {
    const { VolumeId, Size, VolumeType, Iops, Throughput } = params as Record<string, any>;
    const volume = volumes.get(VolumeId);
    const { sizeGib, type } = volume;
    const ebs = { volumeSize: Size ?? sizeGib, volumeType: VolumeType ?? type, iops: Iops, throughput: Throughput };
    const refusal = volumeRefusal(undefined, [{ ebs }]);
    if (refusal !== undefined) throw invalidValue(refusal);
    const busy = modificationRefusal(volume, clock.now());
    if (busy) throw busy;
    if (Size !== undefined) await volumes.grow(volume, Size);
    Object.assign(volume, { type: ebs.volumeType, ...(Iops && { iops: Iops }), ...(Throughput && { throughput: Throughput }) });
    volume.modifications = [...(volume.modifications ?? []), clock.now()];
    return {
      VolumeModification: { ...modificationShape(volume, clock.now()), OriginalSize: sizeGib, OriginalVolumeType: type },
    };
  },

  async DeleteVolume({ volumes }, { VolumeId }) {
    await volumes.remove(volumes.get(String(VolumeId)));
    return {};
  },
};

function filterValues(
  { id, state, attachment, availabilityZone, type, encrypted }: Volume,
  name: string,
): (string | undefined)[] | undefined {
  switch (name) {
    case "volume-id":
      return [id];
    case "status":
      return [state];
    case "availability-zone":
      return [availabilityZone];
    case "volume-type":
      return [type];
    case "encrypted":
      return [String(encrypted)];
    case "attachment.device":
      return [attachment?.device];
    case "attachment.instance-id":
      return [attachment?.instanceId];
    case "attachment.status":
      return [attachment?.state];
    case "attachment.delete-on-termination":
      return [attachment && String(attachment.deleteOnTermination)];
    default:
      return undefined;
  }
}

function describe(volume: Volume): Shape {
  const attachment = attachmentShape(volume);
  return {
    VolumeId: volume.id,
    Size: volume.sizeGib,
    VolumeType: volume.type,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    SnapshotId: volume.snapshotId ?? "",
    AvailabilityZone: volume.availabilityZone,
    CreateTime: new Date(volume.createdAt),
    State: volume.state,
    MultiAttachEnabled: false,
    Attachments: attachment ? [attachment] : [],
    Tags: tagList(volume.tags),
  };
}

function attachmentShape({ id, attachment }: Volume): Shape | undefined {
  if (!attachment) return undefined;
  const { instanceId, device, state, at, deleteOnTermination } = attachment;
  return {
    VolumeId: id,
    InstanceId: instanceId,
    Device: device,
    State: state,
    AttachTime: new Date(at),
    DeleteOnTermination: deleteOnTermination,
  };
}

function tagsFor(params: Shape): Record<string, string> {
  const specifications = (params.TagSpecifications as { Tags: { Key: string; Value: string }[] }[] | undefined) ?? [];
  return Object.fromEntries(specifications.flatMap(({ Tags }) => Tags.map(({ Key, Value }) => [Key, Value])));
}
