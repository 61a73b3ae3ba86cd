import type { Clock } from "../../clock";
import type { Random } from "../../random";
import { AwsError } from "../api";
import type { HostDriver, KeptVolume } from "../host-driver";
import { invalidValue, volumeNotFound } from "./errors";
import type { Instance } from "./instance";

export interface VolumeSpec {
  sizeGib: number;
  type: string;
  iops?: number;
  throughput?: number;
  encrypted: boolean;
  kmsKeyId?: string;
  snapshotId?: string;
  availabilityZone: string;
  tags: Record<string, string>;
}

interface Attachment {
  instanceId: string;
  /** EC2's name, such as `/dev/sdf`. */
  device: string;
  /** `busy`: to be detached, but the machine has it mounted. */
  state: "attaching" | "attached" | "detaching" | "busy";
  at: number;
  deleteOnTermination: boolean;
  /** The disk that the instance boots from: its content is the machine's own. */
  root: boolean;
}

export interface Volume extends VolumeSpec {
  id: string;
  state: "creating" | "available" | "in-use" | "deleting";
  createdAt: number;
  attachment?: Attachment;
  /** When each modification began, in milliseconds since the epoch. */
  modifications?: readonly number[];
}

/** Milliseconds for which EC2 shows that it creates, attaches or detaches a volume. */
export interface VolumeDelays {
  create: number;
  attach: number;
}

export const DEFAULT_VOLUME_DELAYS: VolumeDelays = { create: 500, attach: 500 };

export interface VolumesOptions {
  clock: Clock;
  random: Random;
  driver: HostDriver;
  delays: VolumeDelays;
  onDefect(error: unknown): void;
}

/** The volumes of instances of their own, root volumes included, and those that are attached to none. */
export class Volumes {
  private readonly volumes = new Map<string, Volume>();

  constructor(private readonly options: VolumesOptions) {}

  create(spec: VolumeSpec): Volume {
    const volume = this.add(spec, "creating");
    this.options.clock.after(this.options.delays.create, () => {
      if (volume.state === "creating") volume.state = "available";
    });
    return volume;
  }

  /** One that an instance has from its launch on. */
  createFor(instance: Instance, device: string, spec: VolumeSpec, deleteOnTermination: boolean): Volume {
    const volume = this.add(spec, "in-use");
    const root = device === instance.own?.rootDeviceName;
    volume.attachment = { instanceId: instance.id, device, state: "attached", at: volume.createdAt, deleteOnTermination, root };
    return volume;
  }

  /** @throws InvalidVolume.NotFound */
  get(id: string): Volume {
    const volume = this.volumes.get(id);
    if (!volume) throw volumeNotFound(id);
    return volume;
  }

  find(id: string): Volume | undefined {
    return this.volumes.get(id);
  }

  list(): Volume[] {
    return [...this.volumes.values()];
  }

  of(instanceId: string): Volume[] {
    return this.list().filter(({ attachment }) => attachment?.instanceId === instanceId);
  }

  /** What a machine gets besides its own disk. */
  keptBy(instanceId: string): KeptVolume[] {
    return this.of(instanceId).flatMap((volume) => (volume.attachment!.root ? [] : [kept(volume)]));
  }

  /** @throws VolumeInUse, InvalidVolume.ZoneMismatch, IncorrectState */
  attach(volume: Volume, instance: Instance, device: string): Attachment {
    const { clock, driver, delays, onDefect } = this.options;
    if (volume.attachment) throw new AwsError("VolumeInUse", `${volume.id} is already attached to an instance`);
    if (volume.state !== "available") throw new AwsError("IncorrectState", `${volume.id} is not 'available'.`);
    if (volume.availabilityZone !== instance.availabilityZone) {
      const message = `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`;
      throw new AwsError("InvalidVolume.ZoneMismatch", message);
    }
    if (instance.state !== "running" && instance.state !== "stopped")
      throw new AwsError("IncorrectState", `Instance '${instance.id}' is not 'running'.`);
    if (this.of(instance.id).some(({ attachment }) => attachment?.device === device)) {
      throw invalidValue(`Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`);
    }
    const attachment: Attachment = {
      instanceId: instance.id,
      device,
      state: "attaching",
      at: clock.now(),
      deleteOnTermination: false,
      root: false,
    };
    volume.attachment = attachment;
    volume.state = "in-use";
    const visible = driver.attachVolume?.(instance.id, kept(volume)) ?? Promise.resolve();
    Promise.all([visible, clock.sleep(delays.attach)]).then(() => {
      if (attachment.state === "attaching") attachment.state = "attached";
    }, onDefect);
    return attachment;
  }

  /** @throws IncorrectState, OperationNotPermitted */
  detach(volume: Volume, instance: Instance | undefined): Attachment {
    const { attachment } = volume;
    if (!attachment) throw new AwsError("IncorrectState", `Volume '${volume.id}' is in the 'available' state.`);
    if (attachment.root && instance?.state !== "stopped") {
      const message = `Unable to detach root volume '${volume.id}' from instance '${attachment.instanceId}'`;
      throw new AwsError("OperationNotPermitted", message);
    }
    attachment.state = "detaching";
    this.release(volume, attachment).catch(this.options.onDefect);
    return attachment;
  }

  /** @throws InvalidParameterValue if it would become smaller */
  async grow(volume: Volume, sizeGib: number): Promise<void> {
    if (sizeGib < volume.sizeGib) throw invalidValue("New size cannot be smaller than existing size");
    volume.sizeGib = sizeGib;
    if (!volume.attachment?.root) await this.options.driver.growVolume?.(volume.id, sizeGib);
  }

  /** @throws VolumeInUse */
  async remove(volume: Volume): Promise<void> {
    const { attachment, id } = volume;
    if (attachment) throw new AwsError("VolumeInUse", `Volume ${id} is currently attached to ${attachment.instanceId}`);
    volume.state = "deleting";
    await this.options.driver.deleteVolume?.(id);
    this.volumes.delete(id);
  }

  /** A machine that is off has nothing mounted. */
  async instanceStopped(instanceId: string): Promise<void> {
    const leaving = this.of(instanceId).filter(({ attachment }) => attachment!.state === "busy" || attachment!.state === "detaching");
    await Promise.all(leaving.map((volume) => this.release(volume, volume.attachment!)));
  }

  async instanceEnded(instanceId: string): Promise<void> {
    for (const volume of this.of(instanceId)) {
      const { root, deleteOnTermination } = volume.attachment!;
      if (!root) await this.options.driver.detachVolume?.(instanceId, volume.id);
      volume.attachment = undefined;
      volume.state = "available";
      if (deleteOnTermination && root) this.volumes.delete(volume.id);
      else if (deleteOnTermination) await this.remove(volume);
    }
  }

  private async release(volume: Volume, attachment: Attachment): Promise<void> {
    const { clock, driver, delays } = this.options;
    await clock.sleep(delays.attach);
    if (volume.attachment !== attachment) return;
    const released = attachment.root || ((await driver.detachVolume?.(attachment.instanceId, volume.id)) ?? true);
    if (volume.attachment !== attachment) return;
    if (!released) {
      attachment.state = "busy";
      return;
    }
    volume.attachment = undefined;
    volume.state = "available";
  }

  private add(spec: VolumeSpec, state: Volume["state"]): Volume {
    const { random, clock } = this.options;
    const volume: Volume = { ...spec, id: `vol-${random.hex(17)}`, state, createdAt: clock.now() };
    this.volumes.set(volume.id, volume);
    return volume;
  }
}

function kept({ id, attachment, sizeGib }: Volume): KeptVolume {
  return { volumeId: id, deviceName: attachment!.device, sizeGib };
}
