import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult, HostDriver, KeptVolume, LaunchSpec } from "../../aws/host-driver";
import { UNREACHABLE_ADDRESS } from "../network";
import { removeFolder } from "../remove-folder";
import { BlockDevices } from "./block-devices";
import { Cgroup, cgroupMounts } from "./cgroups";
import { Disk } from "./disk";
import { JournalReader } from "./journal";
import { enqueue, type Host, hostName } from "./host";
import { KeptVolumes, MachineVolumes } from "./kept-volumes";
import { featureNames } from "./machine-features";
import { SystemdMachine } from "./systemd-machine";
import type { SystemdHostsOptions } from "./systemd-hosts-options";
import { VolumeAttachments } from "./volume-attachments";

/** Instances as machines that each run a real systemd: systemd-nspawn, with one network namespace each. */
export class SystemdHosts implements HostDriver {
  private readonly hosts = new Map<string, Host>();
  private readonly logs: string;
  private readonly keptVolumes: KeptVolumes;
  private readonly attachments: VolumeAttachments;
  private launches = 0;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: SystemdHostsOptions) {
    this.logs = join(options.run.dir, "logs");
    this.keptVolumes = new KeptVolumes(join(options.run.dir, "volumes"));
    this.attachments = new VolumeAttachments(this.keptVolumes, options.features?.newVolume);
    mkdirSync(this.logs, { recursive: true });
  }

  async launch(spec: LaunchSpec): Promise<void> {
    if (this.closing) throw new Error(`instance ${spec.instanceId} cannot be launched: the hosts are being closed`);
    if (this.hosts.has(spec.instanceId)) throw new Error(`instance ${spec.instanceId} was already launched`);
    if (!/^i-[0-9a-z]+$/.test(spec.instanceId))
      throw new Error(`instance id ${JSON.stringify(spec.instanceId)}: give i- followed by lowercase letters or digits`);
    const mounts = cgroupMounts();
    if (!mounts) throw new Error("no cgroup v2 is mounted on this machine");
    const { run, timeline, clock, gatewayAddress, otherNames = [], caFile } = this.options;
    const image = this.nextImage();
    const disk = new Disk(join(run.dir, "machines", spec.instanceId));
    const host: Host = {
      spec,
      image,
      disk,
      volumes: new BlockDevices(join(disk.path, "volumes"), spec.volumes ?? []),
      kept: new MachineVolumes(this.keptVolumes),
      cgroup: Cgroup.at(mounts, `${run.cgroup}/${spec.instanceId}`),
      journal: new JournalReader(spec.instanceId, disk.journal, timeline, clock),
      offRequested: false,
      queue: Promise.resolve(),
    };
    this.hosts.set(spec.instanceId, host);
    await enqueue(host, async () => {
      const { hostnames, unreachable, features } = this.options;
      const containers = features?.containers;
      const silent = (unreachable?.() ?? []).map((name) => ({ name, address: UNREACHABLE_ADDRESS }));
      const names = { hostnames: hostnames(), gatewayAddress, otherNames: [...otherNames, ...silent] };
      disk.create({ spec, hostName: hostName(spec), ...names, image, caFile, containers });
      host.volumes.create(features?.newVolume);
      for (const volume of spec.kept ?? []) this.attachments.prepare(host, volume);
      this.options.customize?.(join(disk.path, "upper"));
      await this.powerOn(host);
    });
  }

  async stop(instanceId: string, { force = false }: { force?: boolean } = {}): Promise<void> {
    const host = this.host(instanceId);
    if (force) {
      host.offRequested = true;
      // Not queued: an orderly shutdown may be taking its whole grace period.
      await host.machine?.cutPower();
    }
    await enqueue(host, () => this.powerOff(host, force ? 0 : (this.options.stopGraceSeconds ?? 30)));
  }

  async start(instanceId: string): Promise<void> {
    const host = this.host(instanceId);
    await enqueue(host, async () => {
      if (host.machine?.running) host.machine.thaw();
      else await this.powerOn(host);
    });
  }

  async hibernate(instanceId: string): Promise<void> {
    const host = this.host(instanceId);
    await enqueue(host, async () => host.machine?.freeze());
  }

  resume(instanceId: string): Promise<void> {
    return this.start(instanceId);
  }

  async terminate(instanceId: string): Promise<void> {
    const host = this.host(instanceId);
    await enqueue(host, async () => {
      await this.powerOff(host, this.options.terminateGraceSeconds ?? 5);
      await this.remove(host);
    });
  }

  attachVolume(instanceId: string, volume: KeptVolume): Promise<void> {
    return this.attachments.attach(this.host(instanceId), volume);
  }

  async detachVolume(instanceId: string, volumeId: string): Promise<boolean> {
    const host = this.hosts.get(instanceId);
    return host === undefined || this.attachments.detach(host, volumeId);
  }

  async growVolume(volumeId: string, sizeGib: number): Promise<void> {
    this.attachments.grow(this.hosts.values(), volumeId, sizeGib);
  }

  async deleteVolume(volumeId: string): Promise<void> {
    this.keptVolumes.remove(volumeId);
  }

  async runCommand(instanceId: string, commands: string[]): Promise<CommandResult> {
    const { machine } = this.host(instanceId);
    if (!machine) throw new Error(`instance ${instanceId} does not answer: it is not running`);
    return machine.run(commands.join("\n"), this.options.commandLimitSeconds ?? 3600);
  }

  /** What the machine wrote to its console since launch; also after termination. */
  console(instanceId: string): string {
    const file = this.consoleFile(instanceId);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** The last 5000 lines of the machine's journal, as text; also after termination. */
  async journal(instanceId: string): Promise<string> {
    const host = this.hosts.get(instanceId);
    if (host) return host.journal.text();
    const saved = this.journalFile(instanceId);
    return existsSync(saved) ? readFileSync(saved, "utf8") : "";
  }

  /** The file of a machine's volume. Without it the machine boots without the device. */
  volumeFile(instanceId: string, deviceName: string): string {
    return this.host(instanceId).volumes.file(deviceName);
  }

  /** A command line that opens a root shell in the machine; undefined while it is off. */
  shell(instanceId: string): string | undefined {
    const machine = this.hosts.get(instanceId)?.machine;
    return machine?.running ? `nsenter ${machine.entrance.join(" ")} bash -l` : undefined;
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      await Promise.all(
        [...this.hosts.values()].map((host) => {
          host.offRequested = true;
          // Not queued: a running orderly shutdown may take its whole grace period.
          return host.machine?.cutPower();
        }),
      );
      await Promise.all(
        [...this.hosts.values()].map((host) =>
          enqueue(host, async () => {
            await this.powerOff(host, 0);
            await this.remove(host);
          }).catch(() => host.disk.remove()),
        ),
      );
      await removeFolder(join(this.options.run.dir, "machines"));
    })();
    return this.closing;
  }

  private async powerOn(host: Host): Promise<void> {
    if (this.closing) throw new Error(`instance ${host.spec.instanceId} cannot be started: the hosts are being closed`);
    const { instanceId, privateIp } = host.spec;
    host.offRequested = false;
    const binds = [
      ...(await host.volumes.attach()),
      ...(await host.kept.connect()),
      ...(this.options.features?.devices?.(instanceId) ?? []),
    ];
    const machine = await SystemdMachine.boot({
      instanceId,
      cgroup: host.cgroup,
      consoleFile: this.consoleFile(instanceId),
      clock: this.options.clock,
      env: {
        IMAGE: host.image,
        DISK: host.disk.path,
        MACHINE: `${this.options.run.cgroup}-${instanceId}`,
        HOST_NAME: hostName(host.spec),
        ADDRESS: privateIp,
        GATEWAY: this.options.gatewayAddress,
        CLOUD: String(this.options.network.holder),
        // A link's name has at most 15 characters; the end of an instance id is its distinctive part.
        LINK: `v${instanceId.slice(2).slice(-14)}`,
        FEATURES: featureNames(this.options.features),
        BINDS: binds.join(" "),
      },
    });
    host.machine = machine;
    host.journal.follow(machine);
    void machine.whenOff().then(() => {
      if (host.offRequested || host.machine !== machine) return;
      void enqueue(host, () => this.handleUnrequestedOff(host, machine)).catch(() => this.options.onUnexpectedEnd?.(instanceId));
    });
  }

  /** The machine powered off from inside: a reboot, or an unexpected end. */
  private async handleUnrequestedOff(host: Host, machine: SystemdMachine): Promise<void> {
    if (host.machine !== machine) return;
    await this.powerOff(host, 0);
    if (machine.rebooting && !this.closing) await this.powerOn(host);
    else this.options.onUnexpectedEnd?.(host.spec.instanceId);
  }

  private async powerOff(host: Host, graceSeconds: number): Promise<void> {
    const { machine } = host;
    if (!machine) return;
    host.offRequested = true;
    await machine.powerOff(graceSeconds * 1000);
    host.machine = undefined;
    await host.volumes.detach();
    await host.kept.disconnect();
    await host.journal.catchUp();
  }

  /** Keeps the journal as text: failures are often investigated after the machine is terminated. */
  private async remove(host: Host): Promise<void> {
    if (!this.closing) writeFileSync(this.journalFile(host.spec.instanceId), await host.journal.text());
    await host.volumes.detach();
    await host.kept.disconnect();
    await host.disk.remove();
    this.hosts.delete(host.spec.instanceId);
  }

  private nextImage(): string {
    const { image } = this.options;
    if (typeof image === "string") return image;
    return image[this.launches++ % image.length]!;
  }

  private host(instanceId: string): Host {
    const host = this.hosts.get(instanceId);
    if (!host) throw new Error(`no instance ${instanceId}: it was never launched, or is terminated`);
    return host;
  }

  private consoleFile(instanceId: string): string {
    return join(this.logs, `${instanceId}.console.log`);
  }

  private journalFile(instanceId: string): string {
    return join(this.logs, `${instanceId}.journal.log`);
  }
}
