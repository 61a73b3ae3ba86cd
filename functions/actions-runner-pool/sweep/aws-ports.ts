import type { AutoScaling, Ec2, S3, SecretsManager } from "../../shared/aws/clients";
import { continueAction } from "../../shared/aws/complete-action";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { deleteBundle, storedBundles } from "../../shared/aws/stored-bundles";
import { lifecycleStates } from "../../shared/aws/lifecycle-states";
import { isOff } from "../../shared/aws/power-state";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import { activities } from "../shared/activities";
import { registrationPorts } from "../shared/registration-ports";
import type { TokenMemory } from "../shared/shared-token";
import type { HostLogPorts } from "../shared/host-logs";
import type { SecretSettings } from "../shared/token-store";
import type { DispatchPorts } from "./dispatch";
import type { FailedLaunchPorts } from "./failed-launches";
import { cancelRefresh, refreshState, startRefresh } from "./instance-refresh";
import { endedLaunches, failedLaunches, groupExists, members, protectedInstances, suspendedProcesses, terminate, view } from "./inventory";
import type { LaunchConsolePorts } from "./launch-consoles";
import { latestVersion } from "./latest-version";
import { listSecrets } from "./list-secrets";
import type { SweepPorts } from "./ports";

export interface SweepClients {
  autoScaling: AutoScaling;
  ec2: Ec2;
  secretsManager: SecretsManager;
  s3: S3;
}

/** What the sweep's process keeps between invocations. */
export interface SweepMemory
  extends Pick<SweepPorts, "silences" | "uses" | "refreshWatch" | "versions">,
    Pick<FailedLaunchPorts, "failureMark">,
    Pick<LaunchConsolePorts, "copiedConsoles"> {
  tokens: TokenMemory;
}

export function sweepPorts(
  clients: SweepClients,
  gitHub: () => GitHubRunners,
  clock: Clock,
  { tokens, ...memory }: SweepMemory,
  secretSettings: () => SecretSettings,
  hostLogs?: HostLogPorts,
): DispatchPorts {
  const { autoScaling, ec2, secretsManager, s3 } = clients;
  return {
    ...registrationPorts(clients, gitHub, clock, secretSettings, tokens),
    members: (group) => members(autoScaling, group),
    groupExists: (group) => groupExists(autoScaling, group),
    suspendedProcesses: (group) => suspendedProcesses(autoScaling, group),
    view: (group) => view(autoScaling, group),
    protectedInstances: (group) => protectedInstances(autoScaling, group),
    endedLaunches: (group) => endedLaunches(autoScaling, group),
    failedLaunches: (group) => failedLaunches(autoScaling, group),
    activities: (group) => activities(autoScaling, group),
    lifecycleStates: (instanceIds) => lifecycleStates(autoScaling, instanceIds),
    refreshState: (group) => refreshState(autoScaling, group),
    latestVersion: (templateId) => latestVersion(ec2, templateId),
    startRefresh: (group, preferences) => startRefresh(autoScaling, group, preferences),
    cancelRefresh: (group) => cancelRefresh(autoScaling, group),
    isOff: (instanceId) => isOff(ec2, instanceId),
    continueAction: (action) => continueAction(autoScaling, action),
    terminate: (instanceId) => terminate(autoScaling, instanceId),
    bundles: (bucket) => storedBundles(s3, bucket),
    deleteBundle: (bucket, key) => deleteBundle(s3, bucket, key),
    secrets: (prefix) => listSecrets(secretsManager, prefix),
    deleteSecret: (name) => deleteSecret(secretsManager, name),
    gitHub,
    hostLogs,
    ...memory,
  };
}
