import { randomBytes, randomInt } from "node:crypto";
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CA_BUNDLE, CA_FILE } from "../image-recipe";
import { removeFolder } from "../remove-folder";
import type { LaunchSpec } from "../../aws/host-driver";

/** Where `useradd` reads the range of the ids that it assigns. */
const LOGIN_DEFS = "etc/login.defs";
/** Beyond the ids that Debian assigns to a person or to a service of this computer; `useradd` assigns up to 60,000. */
const USER_IDS = { first: 10_000, last: 59_000 };
/** udev gives the device this mode on EC2; in a machine only root could open it, and a rootless engine has its network by it. */
const TUN = { path: "etc/tmpfiles.d/rehearsal-containers.conf", line: "z /dev/net/tun 0666\n" };

/** Content of a machine's new disk besides the image. */
export interface DiskContent {
  spec: LaunchSpec;
  hostName: string;
  /** Names that resolve to the gateway. */
  hostnames: readonly string[];
  gatewayAddress: string;
  otherNames: readonly { name: string; address: string }[];
  /** The image below the disk, and the certificate authority of the rehearsal. */
  image: string;
  caFile: string;
  /** Whether a rootless container engine is to run on the machine. */
  containers?: boolean;
}

/**
 * A machine's disk: the upper layer of an overlay. It outlives power-offs and is removed at termination. Everything
 * specific to the machine, which on EC2 comes from instance metadata, is written to it before the first boot.
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
        ...content.otherNames.map(({ name, address }) => `${address} ${name}`),
        "",
      ].join("\n"),
    );
    this.put(LOGIN_DEFS, ownUserIds(readFileSync(join(content.image, LOGIN_DEFS), "utf8")));
    if (content.containers) {
      this.directory("engine");
      this.put(TUN.path, TUN.line);
    }
    const seed = "var/lib/cloud/seed/nocloud";
    this.put(`${seed}/meta-data`, `instance-id: ${spec.instanceId}\nlocal-hostname: ${hostName}\n`);
    this.put(`${seed}/user-data`, spec.userData, 0o600);
    const authority = readFileSync(content.caFile, "utf8");
    this.put(CA_FILE, authority);
    const bundle = join("upper", CA_BUNDLE);
    this.directory(dirname(bundle));
    copyFileSync(join(content.image, CA_BUNDLE), join(this.path, bundle));
    appendFileSync(join(this.path, bundle), `\n${authority}`);
  }

  /** The machine's journal as seen from outside. Complete only while the machine is off. */
  get journal(): string {
    return join(this.path, "upper/var/log/journal");
  }

  /** Not at once: hundreds of files of each of many machines, during which this process would answer no machine. */
  async remove(): Promise<void> {
    await removeFolder(this.path);
  }

  private put(path: string, content: string, mode = 0o644): void {
    const target = join("upper", path);
    this.directory(dirname(target));
    writeFileSync(join(this.path, target), content, { mode });
    chmodSync(join(this.path, target), mode);
  }

  /** Sets modes explicitly: in an overlay they hide the image's modes and must not depend on this process's umask. */
  private directory(path: string): void {
    let current = this.path;
    if (!existsSync(current)) mkdirSync(current, { recursive: true });
    for (const part of path.split("/")) {
      current = join(current, part);
      if (existsSync(current)) continue;
      mkdirSync(current);
      chmodSync(current, 0o755);
    }
  }
}

/**
 * Users that a machine creates get ids from a random start, so that of two machines one in 49,000 shares them. On EC2 each
 * instance has a kernel of its own; here one kernel counts the processes of a user on all machines together, so a job could
 * take the last free process of a job elsewhere.
 */
function ownUserIds(loginDefs: string): string {
  const own = loginDefs.replace(/^([UG]ID_MIN\s+)\d+$/gm, `$1${randomInt(USER_IDS.first, USER_IDS.last)}`);
  if (own === loginDefs) throw new Error(`the machine image's ${LOGIN_DEFS} sets no UID_MIN`);
  return own;
}
