import { engineRoot } from "../../../contract/shared/host-paths";
import { PrepareError } from "../prepare/prepare-error";
import type { UnitFacts } from "../rendered-file";
import { isMoved } from "../storage/image-engine";
import { writeAtomically } from "../write-file";
import { dockerFiles, SNAP_SERVICE, SYSTEM_SERVICE, SYSTEM_SOCKET } from "./files";
import { ON_THIS_HOST as FORMER, restoreRootsEngine } from "./former-engine";
import { awaitEngine, type DockerContext, type EngineTimes, presentUnits, REAL_TIMES, restart, succeed } from "./started-engine";

/** What differs in tests. */
export const ON_THIS_HOST = { times: REAL_TIMES, write: writeAtomically, former: FORMER };

/**
 * The system's own engine, of the image or of a package that has just been installed. One that is no such service only has to answer.
 * The installer adds the job's user to the group.
 */
export async function prepareRootEngine(context: DockerContext, host = ON_THIS_HOST): Promise<void> {
  const files = dockerFiles(context.setup, {} as UnitFacts);
  for (const file of files) host.write(file);
  await restoreRootsEngine(context, host.former);
  const packaged = await presentUnits(context, "docker.socket", SYSTEM_SERVICE);
  const units = packaged.length > 0 ? packaged : await presentUnits(context, SNAP_SERVICE);
  if (units.length > 0) {
    await succeed(context, "systemctl", "daemon-reload");
    await succeed(context, "systemctl", "enable", ...units);
    // One that has started with the image has not read the files; without any, the image's own containers run on.
    if (files.length > 0) await restart(context, ...units);
    else await succeed(context, "systemctl", "start", "--no-block", ...units);
  }
  await awaitEngine(context, units.includes(SNAP_SERVICE) ? SNAP_SERVICE : SYSTEM_SERVICE, SYSTEM_SOCKET, host.times);
  if (isMoved(context.setup)) await checkDataRoot(engineRoot(context.setup)!, host.times);
}

/** An engine of another kind, or with options of its own, may not use the volume that it was given. */
async function checkDataRoot(volume: string, { dataRoot }: Pick<EngineTimes, "dataRoot">): Promise<void> {
  const root = await dataRoot(SYSTEM_SOCKET);
  // Below the volume: that of a user namespace.
  if (root === undefined || root === volume || root.startsWith(`${volume}/`)) return;
  throw new PrepareError(`docker: the engine has its data in ${root}, so that the volume at ${volume} would stay empty: change the image`);
}
