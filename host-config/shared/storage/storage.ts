/**
 * The volumes of a machine: finds them, formats those that are new, mounts all of them, and gives jobs what is theirs.
 *
 * Started by: `agent.cjs prepare` before the registration, where a failure abandons the launch; and runner-storage.service at each
 * boot, before Docker and the runner, which do not start without it.
 *
 * Life cycle: for each volume of the configuration, in its order: find its device, for 30 s; ask whether it has a signature; format
 * it only if it has none, can be read, and is a new one; mount it. Then the instance store: one disk, or an array of several. It is empty again
 * after each stop, and then formatted anew. May be repeated: what is mounted stays mounted.
 *
 * Failure: one line on standard error, exit code 1. In the preparation it is the reason of the abandoned launch. At a boot the unit
 * fails, so that no job is taken; the agent's next try to start the runner starts it again.
 *
 * Killed: a format that was cut short leaves no valid file system, so that the next run formats again, or refuses what it finds.
 *
 * Bounds: 120 s in the preparation, within setupTimeout; 240 s at a boot, within the unit's 330 s. A device may take 30 s to appear.
 *
 * AWS: not called. The metadata: at a boot it is asked for the instance id first, for 60 s, because an image made from a machine of a
 * pool has that one's volumes (volumes-at-boot.ts).
 *
 * Gotchas:
 *   - A device with any signature is never formatted: EC2's names are all that connects it with the configuration.
 *   - The image's own Docker runs during the preparation; it is stopped before its folder is mounted over. The stage `docker` starts it.
 *   - Mounting follows links: see safe-folder.ts.
 */
import type { HostSetup } from "../../../contract/shared/host-setup";
import { monotonicClock } from "../clock";
import { jsonLog } from "../json-log";
import type { HostClock } from "../ports/clock";
import type { Log } from "../ports/log";
import { boundedExec } from "../prepare/exec";
import type { HostUser, Stage } from "../prepare/stage";
import { writeAtomically } from "../write-file";
import { bringUp, type StorageEffects } from "./bring-up";
import { fileSystems } from "./file-systems";
import { storageFiles, type StorageUnitFacts } from "./files";
import { checkEngineFolder, stopEngine } from "./image-engine";
import { checkHidden, createMountPoint, give } from "./safe-folder";
import { snapshotOf } from "./snapshot";

const PREPARE_MS = 120_000;
/** Less than TimeoutStartSec= of the unit, so that the reason is in the journal. */
const BOOT_MS = 240_000;

interface StorageHost {
  setup: HostSetup;
  /** The job's user, who owns what is mounted for jobs. */
  user: Pick<HostUser, "uid" | "gid">;
  log: Log;
}

/** The command of runner-storage.service, at each boot. May be repeated. Rejects if a volume is missing or another's. */
export async function mountStorage({ setup, user, log }: StorageHost, clock: HostClock = monotonicClock()): Promise<void> {
  if (setup.storage === undefined) return;
  // What is below a mount point now came after the installation, and was hidden until this boot.
  await bringUp(setup, user, { ...effects(AbortSignal.timeout(BOOT_MS), clock, log), checkHidden: () => undefined });
}

/**
 * The same during the installation, where a failure abandons the launch. The unit is written here, too: the stage `docker` starts an
 * engine that requires it.
 *
 * @param write,clock replaced by tests
 */
export function storageStage(facts: StorageUnitFacts, write = writeAtomically, clock: HostClock = monotonicClock()): Stage {
  return {
    name: "storage",
    due: ({ storage }) => storage !== undefined,
    async run({ setup, user, deadline, say }) {
      const signal = AbortSignal.any([deadline, AbortSignal.timeout(PREPARE_MS)]);
      for (const file of storageFiles(setup, facts)) write(file);
      checkEngineFolder(setup);
      await stopEngine(setup, boundedExec(signal));
      const log = jsonLog("storage", (line) => say(line.trimEnd()));
      await bringUp(setup, user, effects(signal, clock, log));
    },
  };
}

function effects(signal: AbortSignal, clock: HostClock, log: Log): StorageEffects {
  const exec = boundedExec(signal);
  return { exec, signal, clock, log, fileSystems: fileSystems(exec), snapshot: snapshotOf, createMountPoint, checkHidden, give };
}
