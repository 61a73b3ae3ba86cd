/** The listener crashes; its worker goes on without it. */
import { UNITS } from "../../../../contract/actions-runner-pool/host";
import { onOne, type Scenario } from "./scenario";
import type { TargetInstance } from "./target";

export const LISTENER: readonly Scenario[] = [
  onOne(
    "listener crash during a job",
    "the worker ends the job by itself, and a scale-in after it finds nothing to wait for",
    async (victim, see) => {
      const job = await victim.hold();
      await crash(victim);
      await job.release();
      await job.succeeds();
      await victim.scaleIn();
      see(`listener started again by its service; ${await victim.departs(job)}`);
    },
    { seconds: 130 },
  ),

  onOne(
    "listener crash during a drain",
    "the drain waits for the worker, not for the next listener",
    async (victim, see) => {
      const job = await victim.hold();
      await victim.scaleIn();
      await crash(victim);
      await job.release();
      see(`listener started again by its service; ${await victim.departs(job)}`);
    },
    { seconds: 130 },
  ),
];

/** Waits for the next listener, to which GitHub answers with a conflict while the dead one's session lasts. */
async function crash(victim: TargetInstance): Promise<void> {
  const dead = await victim.sh("pgrep -x Runner.Listener");
  await victim.sh(`kill -KILL ${dead}`);
  await victim.untilSeen(`another listener in ${UNITS.runner}`, async () => {
    const { stdout } = await victim.pool.run(victim.id, "pgrep -x Runner.Listener");
    return stdout.trim() !== "" && stdout.trim() !== dead;
  });
}
