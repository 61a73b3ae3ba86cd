import type { HostConfig } from "../../contract/actions-runner-pool/host";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import { globalTimeoutSeconds } from "../../contract/aws/lifecycle";
import { githubWebUrl } from "../shared/github-address";
import { defaultArchiveUrl } from "./defaults";
import type { PoolSettings } from "./settings";

/** GitHub's names for the architectures, in its labels and in the names of the runner's archives. */
export type RunnerArchitecture = "x64" | "arm64";

/** The configuration of the pool's instances, from validated settings. */
export function hostConfig(settings: PoolSettings, region: string, architecture: RunnerArchitecture): HostConfig {
  const { github, runner, drain, names } = settings;
  return {
    pool: settings.poolName,
    region,
    group: names.group,
    launchHook: names.launchHook,
    terminateHook: names.terminateHook,
    secretPrefix: names.secretPrefix,
    githubUrl: `${githubWebUrl(github.apiUrl)}/${github.organization ?? github.repository}`,
    ...(github.caCertificates === undefined ? {} : { privateAuthorities: true }),
    labels: settings.labels,
    ...(settings.runnerGroup === undefined ? {} : { runnerGroup: settings.runnerGroup }),
    noDefaultLabels: settings.noDefaultLabels,
    runnerUser: runner.user,
    ...(runner.onImage ? {} : { runnerArchive: runnerArchive(runner, architecture) }),
    heartbeatInterval: drain.heartbeatInterval,
    heartbeatTimeout: drain.heartbeatTimeout,
    launchTimeout: settings.launchTimeout,
    drainDeadline: Math.min(drain.maxDrain, globalTimeoutSeconds(drain.heartbeatTimeout) - TIMING.forcedStopMargin),
    jobsMayUseInstanceRole: settings.jobsMayUseInstanceRole,
    jobsMayUseDocker: settings.jobsMayUseDocker,
    jobsMayBecomeRoot: settings.jobsMayBecomeRoot,
    ...(runner.jobStartedHook === undefined ? {} : { userJobStartedHook: runner.jobStartedHook }),
    ...(runner.jobCompletedHook === undefined ? {} : { userJobCompletedHook: runner.jobCompletedHook }),
  };
}

function runnerArchive(runner: PoolSettings["runner"], architecture: RunnerArchitecture) {
  const { version, sha256, archiveUrl } = runner;
  if (version === undefined || sha256 === undefined) throw new Error("runner.version and runner.sha256 were not validated");
  return { url: archiveUrl ?? defaultArchiveUrl(version, architecture), sha256 };
}
