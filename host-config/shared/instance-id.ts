import type { HostClock } from "./ports/clock";
import type { Imds } from "./ports/imds";

const POLL_MS = 1_000;
/** A boot is when a machine is busiest, and one late answer must not cost it. Far below any bound on a launch. */
const BOUND_MS = 60_000;

/** For what cannot wait for ever: rejects with the last error after 60 s without an answer. */
export async function ownInstanceId({ imds, clock }: { imds: Pick<Imds, "instanceId">; clock: HostClock }): Promise<string> {
  const end = clock.now() + BOUND_MS;
  for (;;) {
    try {
      return await imds.instanceId();
    } catch (error) {
      if (clock.now() >= end) throw error;
    }
    await clock.sleep(POLL_MS);
  }
}
