import { machineImage } from "../../rehearsal/hosts/image";
import { LivePool } from "../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { Samples } from "../results";
import { measureAgent } from "./agent";
import { bootFigures } from "./boot";
import { drainFigures, drainRound, replenish } from "./drain";
import { CLI_PACKAGES, hookOfJobs, measureHook } from "./hook";

export const LIVE_GROUPS = ["hook", "drain", "boot", "agent"];

/** Everything that needs real machines, on one pool. */
export async function measureLive(wanted: (group: string) => boolean, count: number, say: (line: string) => void): Promise<Samples> {
  const packages = wanted("hook") ? CLI_PACKAGES : [];
  // Before the pool, which would build it without progress output; it takes a minute the first time.
  if (packages.length > 0) await machineImage({ packages, progress: say });
  say("deploying stack dev on machines with a real systemd");
  // With one instance the group's minimum is 0: it may be empty for a moment when both instances have been drained.
  const pool = await LivePool.open(1, [], { packages });
  try {
    await replenish(pool);
    const samples: Samples = {};
    const [first] = pool.inService() as [string];
    if (wanted("hook")) {
      say(`job-started hook against the AWS CLI, ${count} pairs`);
      Object.assign(samples, await measureHook(pool, first, count));
    }
    if (wanted("agent")) {
      await runJob(pool, first);
      say(`idle agent, ${count} readings`);
      Object.assign(samples, await measureAgent(pool, first, count));
    }
    if (["hook", "drain", "boot"].some(wanted)) {
      for (let round = 1; round <= count; round++) {
        say(`drain of a busy and of an idle instance, boot of their replacements: ${round} of ${count}`);
        await drainRound(pool, `job ${round}`);
      }
    }
    check(pool);
    if (wanted("hook")) Object.assign(samples, hookOfJobs(pool));
    if (wanted("drain")) Object.assign(samples, drainFigures(pool.events));
    if (wanted("boot")) Object.assign(samples, bootFigures(pool.events));
    return samples;
  } finally {
    await pool.close();
  }
}

async function runJob(pool: LivePool, instance: string): Promise<void> {
  const job = pool.queueOn(instance, { name: "before the rest", seconds: 1 });
  await pool.until("a job to end", () => pool.environment.github.job(job)?.state === "succeeded");
}

/** The numbers of a pool that loses jobs or is denied calls are worthless. */
function check(pool: LivePool): void {
  const bad = pool.environment.github.jobs().filter(({ state }) => state !== "succeeded");
  if (bad.length > 0)
    throw new Error(`${bad.length} jobs did not succeed: ${bad.map(({ spec, state }) => `${spec.name} ${state}`).join(", ")}`);
  const denied = pool.environment.aws.denied();
  if (denied.length > 0) throw new Error(`${denied.length} calls were denied, the first one ${JSON.stringify(denied[0])}`);
}
