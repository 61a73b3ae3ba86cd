import type { HostConfig } from "../../contract/actions-runner-pool/host";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import { globalTimeoutSeconds } from "../../contract/aws/lifecycle";
import { githubWebUrl } from "../shared/github-address";
import { hostAuthorities } from "../shared/host-authorities";
import { type HostSetupFacts, hostSetup } from "../shared/host-setup";
import { type RunnerArchitecture, runnerArchive } from "../shared/runner-archive";
import type { PoolSettings } from "./settings";

/**
 * The configuration of the pool's instances, from validated settings.
 *
 * @param facts absent while only the length of it matters
 */
export function hostConfig(settings: PoolSettings, region: string, architecture: RunnerArchitecture, facts?: HostSetupFacts): HostConfig {
  const { github, runner, drain, names } = settings;
  const archive = runnerArchive(runner, architecture);
  return {
    pool: settings.poolName,
    region,
    group: names.group,
    launchHook: names.launchHook,
    terminateHook: names.terminateHook,
    secretPrefix: names.secretPrefix,
    githubUrl: `${githubWebUrl(github.apiUrl)}/${github.organization ?? github.repository}`,
    ...(hostAuthorities(settings) === "" ? {} : { privateAuthorities: true }),
    labels: settings.labels,
    ...(settings.runnerGroup === undefined ? {} : { runnerGroup: settings.runnerGroup }),
    noDefaultLabels: settings.noDefaultLabels,
    runnerUser: runner.user,
    ...(archive === undefined ? {} : { runnerArchive: archive }),
    heartbeatInterval: drain.heartbeatInterval,
    heartbeatTimeout: drain.heartbeatTimeout,
    launchTimeout: settings.launchTimeout,
    drainDeadline: Math.min(drain.maxDrain, globalTimeoutSeconds(drain.heartbeatTimeout) - TIMING.forcedStopMargin),
    jobsMayUseInstanceRole: settings.jobsMayUseInstanceRole,
    jobsMayBecomeRoot: settings.jobsMayBecomeRoot,
    // Absent without it, so that the user data of other pools stays as it is.
    ...(settings.warmPool?.reuseOnScaleIn ? { reuse: true } : {}),
    ...(runner.jobStartedHook === undefined ? {} : { userJobStartedHook: runner.jobStartedHook }),
    ...(runner.jobCompletedHook === undefined ? {} : { userJobCompletedHook: runner.jobCompletedHook }),
    ...hostSetup(settings, names, facts),
  };
}
