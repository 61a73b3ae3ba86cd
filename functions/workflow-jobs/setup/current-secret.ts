import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { pause } from "../../shared/lambda/timeout";
import type { SetupPorts } from "./ports";
import type { StoredSecrets } from "./secret-store";

/** By which the wait exceeds the cache of the secrets, in ms: a read that began before the write may take this long. */
const MARGIN_MS = 2_500;

/** Waits until every process of the webhook accepts the secret that was written last. */
export function untilKnown({ clock }: SetupPorts, signal: AbortSignal): Promise<void> {
  return pause(clock, DEMAND_TIMING.secretCache * 1000 + MARGIN_MS, signal);
}

/**
 * Reads the secret again, before something follows from it. Secrets Manager has no conditional write, and two rotations, or a
 * rotation and a deployment, may overlap: whoever finds another's secret stops, and the one that wrote it finishes.
 *
 * @throws Error if it has been replaced, or is gone.
 */
export async function stillCurrent({ store }: SetupPorts, current: string): Promise<StoredSecrets> {
  const stored = await store.read();
  if (stored?.secrets.current === current) return stored;
  throw new Error("the webhook's secret was replaced meanwhile, by another rotation or deployment; repeat this one when that has ended");
}
