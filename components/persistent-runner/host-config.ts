import type { CacheConfig, PersistentHostConfig } from "../../contract/persistent-runner/host";
import { githubWebUrl } from "../shared/github-address";
import { hostAuthorities } from "../shared/host-authorities";
import { hostSetup } from "../shared/host-setup";
import { type RunnerArchitecture, runnerArchive } from "../shared/runner-archive";
import { RegistrationMode } from "./args/modes";
import { hostSettings, setupTimeout } from "./host-settings";
import type { PersistentRunnerSettings } from "./settings";

export interface HostConfigFacts {
  region: string;
  architecture: RunnerArchitecture;
  /** Of the cache volume, if there is one. */
  volumeId: string | undefined;
}

/** The machine's configuration, from validated settings: an object of the bucket, because it changes while the machine stays. */
export function hostConfig(settings: PersistentRunnerSettings, { region, architecture, volumeId }: HostConfigFacts): PersistentHostConfig {
  const { github, names, registration, runner, runnerGroup } = settings;
  const host = hostSettings(settings);
  const archive = runnerArchive(runner, architecture);
  const authorities = hostAuthorities(host);
  return {
    name: settings.persistentRunnerName,
    region,
    leaseTable: names.leaseTable,
    registration,
    githubUrl: `${githubWebUrl(github.apiUrl)}/${github.organization ?? github.repository}`,
    // Of a runner of one job it is no concern of the machine's, which would prepare itself anew for another.
    ...(registration === RegistrationMode.Service && runnerGroup !== undefined ? { runnerGroup } : {}),
    ...(authorities === "" ? {} : { authorities }),
    runnerUser: runner.user,
    ...(archive === undefined ? {} : { runnerArchive: archive }),
    cache: cacheConfig(settings, volumeId),
    diskGate: settings.diskGate,
    idleStopTimeout: settings.idleStopTimeout,
    maxSession: settings.maxSession,
    firstBootTimeout: settings.firstBootTimeout,
    runLogsKept: settings.runLogRetentionDays,
    jobsMayUseInstanceRole: settings.jobsMayUseInstanceRole,
    ...hostSetup({ ...host, setupTimeout: setupTimeout(settings) }, { hostLogGroup: names.hostLogGroup }),
  };
}

function cacheConfig({ cacheMount, cacheEviction, cacheEpoch }: PersistentRunnerSettings, volumeId: string | undefined): CacheConfig {
  return {
    mount: cacheMount,
    ...(volumeId === undefined ? {} : { volumeId }),
    evict: cacheEviction,
    ...(cacheEpoch === undefined ? {} : { epoch: cacheEpoch }),
  };
}
