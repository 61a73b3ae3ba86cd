/** Gives the job's user what is in its folders. */
import { type PersistentHostConfig, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import type { Account } from "../../shared/account";
import { PrepareError } from "../../shared/prepare/prepare-error";
import type { Exec, Stage } from "../../shared/prepare/stage";
import { kept } from "./kept";
import type { Kept } from "./ports/boot-host";

/** A million files on a volume that is being read for the first time. */
const BOUND_MS = 300_000;

/**
 * Containers leave files of other users in a workspace, which the next run's checkout could not delete; a machine whose runnerUser has
 * changed has all of them from another. Follows no link, and stays on the file system.
 */
export async function takeOver(exec: Exec, { uid, gid }: Pick<Account, "uid" | "gid">, folder: string): Promise<void> {
  const words = [folder, "-xdev", "(", "!", "-uid", `${uid}`, "-o", "!", "-gid", `${gid}`, ")"];
  const { code, stderr } = await exec("find", [...words, "-execdir", "chown", "-h", `${uid}:${gid}`, "--", "{}", "+"], {
    timeoutMs: BOUND_MS,
  });
  if (code !== 0) throw new Error(`${folder}: ${stderr.trim().split("\n").at(-1)}`);
}

/**
 * The caches of another instance, or of another runnerUser, belong to a number that is no one's here: jobs could read them and not write. Once
 * for each user, because there may be a million files; whatever is left fails the preparation, and nothing is recorded.
 *
 * @param owner replaced by tests
 */
export function cacheOwnerStage({ cache }: PersistentHostConfig, owner: Kept = recordOf(cache)): Stage {
  return {
    name: "cacheMount",
    due: () => true,
    async run({ user, exec, say }) {
      const { uid, gid } = user;
      const wanted = `${uid}:${gid}`;
      const found = owner.get();
      if (found === wanted) return;
      await takeOver(exec, { uid, gid }, cache.mount).catch((error: unknown) => {
        throw new PrepareError(`cacheMount: ${error instanceof Error ? error.message : String(error)}`);
      });
      owner.set(wanted);
      if (found !== undefined) say(`cacheMount: given to ${user.name}, who was ${found} before`);
    },
  };
}

function recordOf({ volumeId }: PersistentHostConfig["cache"]): Kept {
  return kept(volumeId === undefined ? PERSISTENT_PATHS.cacheOwner : PERSISTENT_PATHS.cacheVolumeOwner);
}
