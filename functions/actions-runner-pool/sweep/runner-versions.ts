import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { GitHubError } from "../../shared/github/error";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner, VersionSchedule } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { RunnerList } from "./instance-runners";
import type { Member, SweepPorts, SweepSettings } from "./ports";

/**
 * How long before its end a version is reported, in ms. GitHub ends a version 30 days after the next one was released; a
 * runner that updates itself does so within a week. Whatever is left 10 days before the end does not go by itself.
 */
const NOTICE_MS = 10 * 24 * 3600_000;

const VERSION = /^\d+\.\d+\.\d+$/;

/**
 * Counts the versions of the runner that GitHub ends within 10 days, or has ended: then it sends no more jobs to runners of
 * that version, or no longer registers them. Two kinds of versions matter:
 *
 * - the one that new instances install: it grows old with the stack, and each new instance must update itself first;
 * - those that the pool's runners have: one of them is old if its updates are switched off or fail.
 *
 * Reports only. No answer of GitHub fails the sweep: a version of which GitHub says nothing is not counted, and if there is
 * no other, nothing is published.
 */
export async function reportExpiringVersions(
  members: readonly Member[] | undefined,
  runners: RunnerList,
  ports: SweepPorts,
  { runnerVersion }: Pick<SweepSettings, "runnerVersion">,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { versions, clock } = ports;
  const now = clock.now();
  if (members && Array.isArray(runners)) versions.inUse = versionsOf(members, runners);
  const all = [...new Set([...(runnerVersion === undefined ? [] : [runnerVersion]), ...versions.inUse])];
  versions.keepOnly(all, now);
  // GitHub did not list the runners, so it would not answer here either, and each call could take 16 s.
  let answers = runners !== undefined;
  for (const version of all) {
    signal.throwIfAborted();
    if (!answers || ports.gitHub().remainingQuota() < RESERVE.lookup || !versions.takeLookup(version, now)) continue;
    answers = await lookUp(version, version === runnerVersion, ports, observer, signal);
  }
  const known = all.flatMap((version) => versions.schedule(version) ?? []);
  if (known.length > 0) observer.count(METRIC.expiringRunnerVersions, known.filter((schedule) => isExpiring(schedule, now)).length);
}

/** The versions of this pool's runners, the oldest first. */
function versionsOf(members: readonly Member[], runners: readonly Runner[]): string[] {
  const ours = new Set(members.map(({ instanceId }) => instanceId));
  const found = runners.flatMap(({ name, version }) => (version !== undefined && VERSION.test(version) && ours.has(name) ? [version] : []));
  return [...new Set(found)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** @returns whether GitHub answered. If not, this sweep asks no more: four more calls could take a minute of its 200 s. */
async function lookUp(version: string, installed: boolean, ports: SweepPorts, { log }: Observer, signal: AbortSignal): Promise<boolean> {
  let schedule: VersionSchedule | "unknown";
  try {
    schedule = await ports.gitHub().versionSchedule(version, signal);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    log.warn("sweep: the end of a version of the runner could not be read", { version, reason: error.message });
    return false;
  }
  ports.versions.note(version, schedule === "unknown" ? undefined : schedule);
  if (schedule === "unknown") {
    log.info("sweep: GitHub says nothing about the end of this version of the runner", { version });
    return true;
  }
  const fields = {
    version,
    installed,
    jobsUntil: schedule.runtimeEnds?.toISOString(),
    registrationsUntil: schedule.registrationEnds?.toISOString(),
  };
  if (isExpiring(schedule, ports.clock.now()))
    log.error("sweep: GitHub ends a version of the runner within 10 days, or has ended it", fields);
  else log.info("sweep: GitHub does not end this version of the runner within 10 days", fields);
  return true;
}

function isExpiring({ runtimeEnds, registrationEnds }: VersionSchedule, now: number): boolean {
  return [runtimeEnds, registrationEnds].some((end) => end !== undefined && end.getTime() - now < NOTICE_MS);
}
