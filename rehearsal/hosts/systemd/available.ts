import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupMounts } from "./cgroups";
import { TOOL_PATH } from "./command";

export type Availability = { ok: true } | { ok: false; reason: string };

const TOOLS: Readonly<Record<string, string>> = {
  "systemd-nspawn": "systemd-container",
  mmdebstrap: "mmdebstrap",
  journalctl: "systemd",
  ip: "iproute2",
  nsenter: "util-linux",
  unshare: "util-linux",
  setpriv: "util-linux",
  flock: "util-linux",
};

/**
 * Whether this machine can run machines with a real systemd. Tries what they need rather than comparing versions; takes
 * about 20 ms and leaves nothing behind. `reason` is one line that says what is missing and, if known, the remedy.
 */
export function systemdHostsAvailable(): Availability {
  const reason = obstacle();
  return reason === undefined ? { ok: true } : { ok: false, reason };
}

/** A security module may let root make a user namespace and others not. */
const AS_USER = "exec setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user";

/** What a rootless engine's namespaces need of the kernel: commands that must succeed, and why not. */
export const CONTAINER_NEEDS: readonly { script: string; reason: string }[] = [
  {
    // As root: each machine's device has a mode of its own.
    script: "test -c /dev/net/tun && exec 3<>/dev/net/tun",
    reason: "no /dev/net/tun, by which a rootless engine has its network (load the module tun)",
  },
  {
    script: `${AS_USER} --net --mount --pid --fork true`,
    reason:
      "ordinary users cannot use user namespaces here (sysctl kernel.apparmor_restrict_unprivileged_userns, 1 on Ubuntu 24.04; " +
      "kernel.unprivileged_userns_clone, user.max_user_namespaces)",
  },
  {
    script: `${AS_USER} --mount sh -euc 'mount -t tmpfs tmpfs /mnt; cd /mnt; mkdir lower upper work root
      mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr root'`,
    reason: "no overlay file system can be mounted in a user namespace (Linux 5.11 or newer can)",
  },
];

/**
 * The same for machines in which containers run: `features.containers` of `SystemdHosts`.
 *
 * @param succeeds replaced by tests
 */
export function containersAvailable(succeeds = (script: string) => works("sh", ["-c", script])): Availability {
  const machines = systemdHostsAvailable();
  if (!machines.ok) return machines;
  const missing = CONTAINER_NEEDS.find(({ script }) => !succeeds(script));
  return missing === undefined ? machines : { ok: false, reason: `containers cannot run on machines: ${missing.reason}` };
}

function obstacle(): string | undefined {
  if (process.platform !== "linux") return `systemd machines need Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "systemd machines need root, and this user is not root";
  const missing = Object.keys(TOOLS).filter((tool) => !works("sh", ["-c", `command -v ${tool}`]));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((tool) => TOOLS[tool]))].join(", ");
    return `not installed: ${missing.join(", ")} (package ${packages}); run scripts/install-system-packages.sh`;
  }
  const mounts = cgroupMounts();
  if (!mounts) return "no cgroup v2 is mounted on this machine";
  const probe = join(mounts.unified, `cir-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
  } catch (error) {
    return `control groups cannot be created in ${mounts.unified}: ${(error as Error).message}`;
  }
  if (!works("unshare", ["--net", "--mount", "true"]))
    return "network and mount namespaces cannot be created here (an unprivileged container?)";
  return overlayWorks() ? undefined : `no overlay file system can be mounted in ${tmpdir()}; set TMPDIR to a directory on a local disk`;
}

function overlayWorks(): boolean {
  const dir = mkdtempSync(join(tmpdir(), "cir-probe-"));
  try {
    for (const part of ["lower", "upper", "work", "root"]) mkdirSync(join(dir, part));
    const options = `lowerdir=${dir}/lower,upperdir=${dir}/upper,workdir=${dir}/work`;
    const script = `mount -t overlay overlay -o "$1" "$2" && : >"$2/file"`;
    return works("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, "sh", options, `${dir}/root`]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function works(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", env: { ...process.env, PATH: TOOL_PATH } });
    return true;
  } catch {
    return false;
  }
}
