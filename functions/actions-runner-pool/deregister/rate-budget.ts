import type { Clock } from "../../shared/lambda/clock";
import { pause } from "../../shared/lambda/timeout";
import type { GitHubRunners } from "../../shared/github/runners";

/** A mass scale-in of thousands is over in two seconds of its own; a single instance is in no hurry. */
export const SPREAD_MS = 2_000;

/**
 * Whether GitHub has calls left for what can also be done later, or not at all (see RESERVE). When instances go by the
 * thousand, their events come in the same second: asked all at once, GitHub would tell each that hardly any call is
 * spent. So each asks at a moment of its own.
 *
 * @param spreadMs the moments lie within so many ms.
 */
export async function mayCall(
  instanceId: string,
  clock: Clock,
  gitHub: Pick<GitHubRunners, "askSpare">,
  reserve: number,
  spreadMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (spreadMs > 0) await pause(clock, momentOf(instanceId) * spreadMs, signal);
  return (await gitHub.askSpare(signal)) >= reserve;
}

/** 0 to 1, from the id's last digits, which are as good as random and the same at each try. */
function momentOf(instanceId: string): number {
  return Number.parseInt(instanceId.slice(-4), 16) / 0xffff;
}
