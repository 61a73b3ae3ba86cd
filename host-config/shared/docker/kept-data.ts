/**
 * What survives a start of the rootless engine: images, build cache and volumes, which jobs stored, and nothing that acts. An
 * engine starts what its data says: containers with a restart policy, plugins, services of a swarm. That data is in a folder of the
 * job's user, so a job need not even ask the engine to write it.
 *
 * Unit: runner-docker.service, as ExecStartPre=, as root, and the return to the warm pool. The engine does not run meanwhile.
 *
 * Killed, or too slow: the start of the engine fails and is tried again after 1 s; what is deleted stays deleted.
 *
 * Gotchas: only rm touches what jobs wrote. It follows no links, and it does not cross into another file system. One that a job has
 * mounted there (FUSE) is detached first, because it might never answer.
 */
import { execFile } from "node:child_process";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { usersMountsBelow } from "../mounts";
import type { Log } from "../ports/log";

/** Layers by any of the engine's drivers, what belongs to which image, the build cache, named volumes. */
const CACHE = ["overlay2", "vfs", "fuse-overlayfs", "image", "buildkit", "volumes", "containerd"];
const CONTAINERS = "containers";
/** A slow volume deletes some 10,000 files a second. systemd's bound for the start of the engine is shorter. */
const BOUND_MS = 600_000;
/** By the shell's patterns, because a job may give files names that are no text. `$@`: names that stay. */
const DELETE = `for path in ..?* .[!.]* *; do
  for kept; do [ "$path" != "$kept" ] || continue 2; done
  rm -rf --one-file-system -- "$path" || failed=1
done
exit \${failed:-0}`;

type Run = (file: string, args: string[], options: { cwd: string; timeout: number; killSignal: "SIGKILL" }) => Promise<unknown>;

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
  folders = ON_THIS_HOST,
  proc = "/proc",
  run: Run = promisify(execFile),
): Promise<void> {
  if (docker !== "rootless") return;
  const bounds = { timeout: BOUND_MS, killSignal: "SIGKILL" } as const;
  const { root, runtime } = folders;
  for (const mount of usersMountsBelow([root, runtime], proc)) await run("umount", ["--lazy", mount], { cwd: "/", ...bounds });
  const deleteIn = async (cwd: string, kept: readonly string[]) => {
    if (existsSync(cwd)) await run("/bin/sh", ["-c", DELETE, "sh", ...kept], { cwd, ...bounds });
  };
  await deleteIn(runtime, []);
  if (!hasContainers(root)) return deleteIn(root, CACHE);
  // The layers of a container that is only forgotten would take up space for ever. They are known by that folder, so it goes last.
  await deleteIn(root, [CONTAINERS]);
  await deleteIn(root, []);
  log.warn("containers outlived their job: the engine's data was deleted");
}

/** Also of one that is no folder, which no engine makes. */
function hasContainers(root: string): boolean {
  const folder = join(root, CONTAINERS);
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found !== undefined && (!found.isDirectory() || readdirSync(folder).length > 0);
}
