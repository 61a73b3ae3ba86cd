import type { Clock } from "../../shared/lambda/clock";
import { pause } from "../../shared/lambda/timeout";
import type { GitHubRunners } from "../../shared/github/runners";

/** Upper bound of the jitter, in ms: enough to spread thousands of events, short enough for a single instance. */
export const SPREAD_MS = 2_000;

/**
 * Whether enough of GitHub's hourly quota is left for a call that can be postponed or skipped (see RESERVE). The events
 * of a mass scale-in arrive in the same second. If all invocations asked at once, all would read the same unspent quota,
 * so each first waits for a jitter that depends on its instance.
 *
 * @param spreadMs upper bound of the jitter, in ms.
 */
export async function mayCall(
  instanceId: string,
  clock: Clock,
  gitHub: Pick<GitHubRunners, "fetchRemainingQuota">,
  reserve: number,
  spreadMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (spreadMs > 0) await pause(clock, jitterOf(instanceId) * spreadMs, signal);
  return (await gitHub.fetchRemainingQuota(signal)) >= reserve;
}

/**
 * The same after a first call, whose response reported the quota anew: in a mass scale-in hundreds of others have spent
 * from it since the check. It costs no request.
 */
export function mayGoOn(gitHub: Pick<GitHubRunners, "remainingQuota">, reserve: number): boolean {
  return gitHub.remainingQuota() >= reserve;
}

/** 0 to 1, from the id's last digits: evenly distributed, and the same in each attempt. */
function jitterOf(instanceId: string): number {
  return Number.parseInt(instanceId.slice(-4), 16) / 0xffff;
}
