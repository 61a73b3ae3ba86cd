/**
 * Whether the job's user can become root. It runs every job, so a job could then read the instance's credentials, end the
 * drain and use the agent's permissions, whatever the units deny.
 */
import { execFile } from "node:child_process";
import { lstatSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { HOST_PATHS } from "../../contract/shared/host-paths";
import type { HostSetup } from "../../contract/shared/host-setup";

/**
 * Groups whose members can become root: through a privileged container or virtual machine, through sudo, by reading or
 * writing the disk, the memory or the passwords, or by what root runs: Debian's `staff` writes /usr/local, whose programs
 * come first in root's PATH. `ubuntu`, the user of Ubuntu's images, is in `sudo` and `lxd`.
 */
const ROOT_GROUPS = [
  ...["root", "sudo", "wheel", "admin", "disk", "shadow", "kmem", "staff"],
  ...["docker", "lxd", "incus-admin", "libvirt", "microk8s", "snap_microk8s"],
];
/** A user who can write to one of these can start a privileged container, whatever its group is called. */
const DOCKER_SOCKET = "/run/docker.sock";
const SOCKETS = [
  DOCKER_SOCKET,
  "/run/containerd/containerd.sock",
  "/run/podman/podman.sock",
  "/run/crio/crio.sock",
  "/var/lib/incus/unix.socket",
  "/var/lib/lxd/unix.socket",
  "/var/snap/lxd/common/lxd/unix.socket",
];
const SET_DOCKER = "set docker to root";
const SET_ROOT = "set jobsMayBecomeRoot";
/** sudo reads only local files, or a directory that may not answer. */
const TIMEOUT_MS = 30_000;

type Run = (file: string, args: string[], options: { timeout: number; env: NodeJS.ProcessEnv }) => Promise<{ stdout: string }>;

interface RightsConfig extends Pick<HostSetup, "docker"> {
  runnerUser: string;
  /** Undefined: the component has no such argument. */
  jobsMayBecomeRoot?: boolean;
}

/** @throws if the job's user can become root and `jobsMayBecomeRoot` does not accept it */
export async function checkCannotBecomeRoot(
  config: RightsConfig,
  run: Run = promisify(execFile),
  sockets = SOCKETS,
  dockerSocket = DOCKER_SOCKET,
): Promise<void> {
  if (config.jobsMayBecomeRoot) return;
  const user = config.runnerUser;
  const orAccept = config.jobsMayBecomeRoot === undefined ? "" : `, or ${SET_ROOT}`;
  const options = { timeout: TIMEOUT_MS, env: { ...process.env, LC_ALL: "C" } };
  const groups = (await run("id", ["-Gn", user], options)).stdout.trim().split(/\s+/);
  // A second installation finds the group that the first one added.
  const usesDocker = config.docker === "root";
  const accepted = usesDocker ? ["docker"] : [];
  const group = groups.find((name) => ROOT_GROUPS.includes(name) && !accepted.includes(name));
  if (group !== undefined) {
    const option = group === "docker" ? `, or ${SET_DOCKER}` : orAccept;
    throw new Error(`runnerUser ${user}: a member of the group ${group} can become root; name another user${option}`);
  }
  const isAccepted = (path: string) => path === dockerSocket && (usesDocker || (config.docker === "rootless" && leadsToOwnEngine(path)));
  const refused = sockets.filter((path) => !isAccepted(path));
  const [socket] = await writableBy(user, refused, run, options);
  if (socket !== undefined) {
    const option = socket === dockerSocket ? `, or ${SET_DOCKER}` : orAccept;
    throw new Error(`runnerUser ${user}: who can write to ${socket} can become root; restrict it to root and its own group${option}`);
  }
  if (await hasPasswordlessSudo(user, run, options))
    throw new Error(`runnerUser ${user}: sudo asks this user for no password; name another user${orAccept}`);
}

/** The link that the preparation made for the rootless engine. A link of anyone else could lead to root's at any time. */
function leadsToOwnEngine(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSymbolicLink() === true && found.uid === 0 && readlinkSync(path) === HOST_PATHS.engineSocket;
}

/** Asks the kernel with the user's identity and all its groups, because access lists and the folders above count as well. */
async function writableBy(user: string, paths: string[], run: Run, options: Parameters<Run>[2]): Promise<string[]> {
  const group = (await run("id", ["-g", user], options)).stdout.trim();
  const identity = ["--reuid", user, "--regid", group, "--init-groups"];
  const script = 'for path; do [ -w "$path" ] && echo "$path"; done; echo checked';
  const { stdout } = await run("setpriv", [...identity, "sh", "-c", script, "sh", ...paths], options);
  const lines = stdout.trim().split("\n");
  if (lines.pop() !== "checked") throw new Error(`runnerUser ${user}: its access to ${paths.join(", ")} could not be checked`);
  return lines;
}

/** Asks sudo itself, because rules may be anywhere: in files, for groups, in a directory. Root needs no password for that. */
async function hasPasswordlessSudo(user: string, run: Run, options: Parameters<Run>[2]): Promise<boolean> {
  let rules: string;
  try {
    rules = (await run("sudo", ["-n", "-l", "-U", user], options)).stdout;
  } catch (error) {
    const { code, killed, stdout } = error as { code?: string | number; killed?: boolean; stdout?: string };
    if (code === "ENOENT") return false;
    if (killed || typeof code !== "number") throw error;
    // Some versions report by their exit code that the user has no rules.
    rules = stdout ?? "";
  }
  return /\bNOPASSWD:|!authenticate\b/.test(rules);
}
