import type { UnitFacts } from "../rendered-file";
import { writeAtomically } from "../write-file";
import { dockerFiles, SNAP_ENGINE, SYSTEM_ENGINE, SYSTEM_SOCKET } from "./files";
import { awaitEngine, type DockerContext, presentUnits, REAL_TIMES, succeed } from "./started-engine";

/**
 * The system's own engine, of the image or of a package that has just been installed. One that is no such service only has to answer.
 * The installer adds the job's user to the group.
 *
 * @param times,write replaced by tests
 */
export async function prepareRootEngine(context: DockerContext, times = REAL_TIMES, write = writeAtomically): Promise<void> {
  const files = dockerFiles(context.setup, {} as UnitFacts);
  for (const file of files) write(file);
  const packaged = await presentUnits(context, "docker.socket", SYSTEM_ENGINE);
  const units = packaged.length > 0 ? packaged : await presentUnits(context, SNAP_ENGINE);
  if (units.length > 0) {
    await succeed(context, "systemctl", "daemon-reload");
    await succeed(context, "systemctl", "enable", ...units);
    // One that has started with the image has not read the files; without any, the image's own containers run on.
    await succeed(context, "systemctl", files.length > 0 ? "restart" : "start", "--no-block", ...units);
  }
  await awaitEngine(context, units.includes(SNAP_ENGINE) ? SNAP_ENGINE : SYSTEM_ENGINE, SYSTEM_SOCKET, times);
}
