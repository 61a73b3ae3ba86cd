/** The listener crashes; its worker continues without it. */
import { UNITS } from "../../../../contract/actions-runner-pool/host";
import { onOne, type Scenario } from "./scenario";
import type { TargetInstance } from "./target";

export const LISTENER: readonly Scenario[] = [
  onOne(
    "listener crash during a job",
    "the worker finishes the job on its own, and a later scale-in has nothing to wait for",
    async (target, see) => {
      const job = await target.hold();
      await crash(target);
      await job.release();
      await job.succeeds();
      await target.scaleIn();
      see(`listener restarted by its service; ${await target.departs(job)}`);
    },
    { seconds: 130 },
  ),

  onOne(
    "listener crash during a drain",
    "the drain waits for the worker, not for the next listener",
    async (target, see) => {
      const job = await target.hold();
      await target.scaleIn();
      await crash(target);
      await job.release();
      see(`listener restarted by its service; ${await target.departs(job)}`);
    },
    { seconds: 130 },
  ),
];

/** Waits for the next listener; GitHub answers it with a conflict until the dead listener's session expires. */
async function crash(target: TargetInstance): Promise<void> {
  const dead = await target.sh("pgrep -x Runner.Listener");
  await target.sh(`kill -KILL ${dead}`);
  await target.untilSeen(`another listener in ${UNITS.runner}`, async () => {
    const { stdout } = await target.pool.run(target.id, "pgrep -x Runner.Listener");
    return stdout.trim() !== "" && stdout.trim() !== dead;
  });
}
