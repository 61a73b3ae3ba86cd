/** What a machine has of an earlier pool's Docker if its image was made from a machine of that pool. */
import { execFile } from "node:child_process";
import { existsSync, readlinkSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { SYSTEM_SOCKET, TEMPORARY_FILES } from "./files";
import { METADATA_TABLE } from "./metadata-fence";
import { type DockerContext, ROOTS_ENGINE, succeed } from "./started-engine";

/** What differs in tests. */
export const ON_THIS_HOST = {
  temporaryFiles: TEMPORARY_FILES,
  socket: SYSTEM_SOCKET as string,
  fenceUnit: `/etc/systemd/system/${HOST_UNITS.metadataFence}`,
  fence: HOST_PATHS.metadataFence as string,
};

/** Gives an engine of root's back what a rootless one had taken: its units, and the path of its socket. */
export async function restoreRootsEngine(context: DockerContext, host = ON_THIS_HOST): Promise<void> {
  // Else the image came with the units masked.
  if (!existsSync(host.temporaryFiles)) return;
  await succeed(context, "systemctl", "unmask", ...ROOTS_ENGINE);
  if (isLinkToRootless(host.socket)) rmSync(host.socket);
  rmSync(host.temporaryFiles);
}

/** Its engine need not exist. */
function isLinkToRootless(path: string): boolean {
  try {
    return readlinkSync(path) === HOST_PATHS.engineSocket;
  } catch {
    return false;
  }
}

/** Rules that are loaded at each boot would deny jobs the role that this pool may give them. */
export async function removeFormerFence(
  { docker }: HostSetup,
  metadataDenied: boolean,
  run: (file: string, args: string[]) => Promise<unknown> = promisify(execFile),
  host = ON_THIS_HOST,
): Promise<void> {
  if ((docker === "rootless" && metadataDenied) || !existsSync(host.fenceUnit)) return;
  await run("systemctl", ["disable", HOST_UNITS.metadataFence]);
  rmSync(host.fenceUnit);
  rmSync(host.fence, { force: true });
  // Not loaded, if the image has no longer what that needs.
  await run("nft", ["delete", "table", ...METADATA_TABLE.split(" ")]).catch(() => undefined);
}
