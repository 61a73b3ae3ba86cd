import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CA_BUNDLE } from "../image-recipe";
import type { LaunchSpec } from "../../aws/host-driver";

/** What a machine finds on its new disk besides the image. */
export interface DiskContent {
  spec: LaunchSpec;
  hostName: string;
  /** Names that resolve to the gateway. */
  hostnames: readonly string[];
  gatewayAddress: string;
  /** The image that the disk lies over, and the rehearsal's own certificate authority. */
  image: string;
  caFile: string;
}

/**
 * A machine's disk: an overlay's upper layer. It outlives power-offs and is removed at termination. Everything that is
 * particular to the machine is written into it before the first boot, as EC2 would have it from its own metadata.
 */
export class Disk {
  constructor(readonly path: string) {}

  create(content: DiskContent): void {
    const { spec, hostName } = content;
    for (const part of ["upper", "work", "root"]) this.directory(part);
    this.put("etc/machine-id", `${randomBytes(16).toString("hex")}\n`);
    this.put("etc/hostname", `${hostName}\n`);
    this.put(
      "etc/hosts",
      [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        `${spec.privateIp} ${hostName}`,
        ...content.hostnames.map((name) => `${content.gatewayAddress} ${name}`),
        "",
      ].join("\n"),
    );
    const seed = "var/lib/cloud/seed/nocloud";
    this.put(`${seed}/meta-data`, `instance-id: ${spec.instanceId}\nlocal-hostname: ${hostName}\n`);
    this.put(`${seed}/user-data`, spec.userData, 0o600);
    const authority = readFileSync(content.caFile, "utf8");
    this.put("usr/local/share/ca-certificates/rehearsal.crt", authority);
    const bundle = join("upper", CA_BUNDLE);
    this.directory(dirname(bundle));
    copyFileSync(join(content.image, CA_BUNDLE), join(this.path, bundle));
    appendFileSync(join(this.path, bundle), `\n${authority}`);
  }

  /** Where the machine's journal is seen from outside. Complete only while the machine is off. */
  get journal(): string {
    return join(this.path, "upper/var/log/journal");
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private put(path: string, content: string, mode = 0o644): void {
    const target = join("upper", path);
    this.directory(dirname(target));
    writeFileSync(join(this.path, target), content, { mode });
    chmodSync(join(this.path, target), mode);
  }

  /** Modes are set explicitly: in an overlay they hide those of the image, whatever this process's umask is. */
  private directory(path: string): void {
    let made = this.path;
    if (!existsSync(made)) mkdirSync(made, { recursive: true });
    for (const part of path.split("/")) {
      made = join(made, part);
      if (existsSync(made)) continue;
      mkdirSync(made);
      chmodSync(made, 0o755);
    }
  }
}
