import type { WaitingJob } from "../../../shared/demand/source";
import type { Runners } from "./supply";
import type { ScalingSettings } from "./types";

/**
 * The jobs that GitHub gives to no runner although one idles beside them, and has for as long: the oldest first. A runner can be in
 * service without being online at GitHub, which the scaler does not ask.
 *
 * A busy instance without a known job most likely has one of these jobs, whose start the source has missed: so many do not count. After
 * `staleAfter` the source would have found such a job, or be stale: one that is busy for longer is what an operator has protected.
 *
 * @param runnable jobs that count as demand, oldest first.
 * @param unnamedSince since when each busy instance has had no known job.
 */
export function ignoredJobs(
  runnable: readonly WaitingJob[],
  { free, unexplained }: Runners,
  idleSince: Readonly<Record<string, number>>,
  unnamedSince: Readonly<Record<string, number>>,
  { notAssignedAfter, staleAfter }: ScalingSettings,
  now: number,
): WaitingJob[] {
  const long = (since: number) => now - since > notAssignedAfter;
  const jobs = runnable.filter(({ since }) => long(since));
  const runners = Object.values(idleSince).filter(long).length;
  const recent = Object.values(unnamedSince).filter((since) => now - since <= staleAfter).length;
  return jobs.slice(0, Math.max(0, Math.min(free, runners, jobs.length - Math.min(unexplained, recent))));
}
