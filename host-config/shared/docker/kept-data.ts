/**
 * What survives a start of the rootless engine: images, build cache and volumes, which jobs stored, and nothing that acts. An
 * engine starts what its data says: containers with a restart policy, plugins, services of a swarm. That data is in a folder of the
 * job's user, so a job need not even ask the engine to write it.
 *
 * Unit: runner-docker.service, as ExecStartPre=, as root, and the return to the warm pool. The engine does not run meanwhile.
 *
 * Killed, or too slow: the start of the engine fails and is tried again after 1 s; what is deleted stays deleted.
 *
 * Gotchas: a job may be at work meanwhile, as its engine may be killed by itself. So only rm touches what jobs wrote: it follows no
 * links, and it does not cross into another file system. One that a job has mounted there (FUSE) might never answer and is detached
 * first, but umount does follow links, of which a job can put one in the way at any time. It therefore runs in a mount namespace of its own, where
 * the machine's mounts are copies. What rm then deletes there takes the mount on it along, in all namespaces (Linux 3.18).
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { usersMountsBelow } from "../mounts";
import type { Log } from "../ports/log";

/** Layers by any of the engine's drivers, what belongs to which image, the build cache, named volumes. */
const CACHE = ["overlay2", "vfs", "fuse-overlayfs", "image", "buildkit", "volumes", "containerd"];
/** A slow volume deletes some 10,000 files a second. systemd's bound for the start of the engine is shorter. */
const BOUND_MS = 600_000;

/**
 * Runs in the folder. `$@`: mounts in it, `--`, names that stay. By the shell's patterns, because a job may give files names that are
 * no text. Prints why nothing stays: a mount ends only with what it is on, and the layers of a container that is only forgotten would
 * take up space for ever. Containers are known by their folder, so that goes last. Nothing is left in an empty one; a file or a link
 * in its place is a job's.
 */
const DELETE = `delete() {
  for path in ..?* .[!.]* *; do
    for kept; do [ "$path" != "$kept" ] || continue 2; done
    rm -rf --one-file-system -- "$path" || failed=1
  done
  return \${failed:-0}
}
reason=
while [ "$1" != -- ]; do
  umount --lazy "$1"
  reason=mounts
  shift
done
shift
rmdir containers 2>/dev/null
if [ -e containers ] || [ -L containers ]; then reason=containers; fi
if [ -n "$reason" ]; then
  delete containers || exit 1
  set --
fi
delete "$@" || exit 1
printf %s "$reason"`;

interface Options {
  cwd: string;
  timeout: number;
  killSignal: "SIGKILL";
}
type Run = (file: string, args: string[], options: Options) => Promise<{ stdout: string }>;

interface EngineFolders {
  root: string;
  /** A job may have filled it, and no engine could start. */
  runtime: string;
}

const ON_THIS_HOST: EngineFolders = { root: HOST_PATHS.engine, runtime: HOST_PATHS.engineRuntime };

/**
 * The command before each start of the rootless engine. Rejects if anything is left that would have the engine act.
 *
 * @param folders,proc,run replaced by tests
 */
export async function deleteAllButCache(
  { docker }: HostSetup,
  log: Pick<Log, "warn">,
  { root, runtime } = ON_THIS_HOST,
  proc = "/proc",
  run: Run = promisify(execFile),
): Promise<void> {
  if (docker !== "rootless") return;
  const bounds = { timeout: BOUND_MS, killSignal: "SIGKILL" } as const;
  // No job can put a link there: the folders above are root's. What is mounted below goes along.
  for (const mount of usersMountsBelow([root, runtime], proc).filter((at) => at === root || at === runtime))
    await run("umount", ["--lazy", mount], { cwd: "/", ...bounds });
  const deleteIn = async (cwd: string, kept: readonly string[]) => {
    if (!existsSync(cwd)) return "";
    const mounts = usersMountsBelow([cwd], proc).filter((at) => at !== cwd);
    const inOwnNamespace = ["--mount", "--propagation", "private", "/bin/sh", "-c", DELETE, "sh", ...mounts, "--", ...kept];
    return (await run("unshare", inOwnNamespace, { cwd, ...bounds })).stdout;
  };
  await deleteIn(runtime, []);
  const reason = await deleteIn(root, CACHE);
  if (reason === "containers") log.warn("containers outlived their job: the engine's data was deleted");
  if (reason === "mounts") log.warn("a job has mounted a file system in the engine's folder: its data was deleted");
}
