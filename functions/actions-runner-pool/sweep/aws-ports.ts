import type { AutoScaling, SecretsManager } from "../../shared/aws/clients";
import { continueAction } from "../../shared/aws/complete-action";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { lifecycleStates } from "../../shared/aws/lifecycle-states";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { RegistrationPorts } from "../shared/registration";
import { registrationPorts } from "../shared/registration-ports";
import type { SecretSettings } from "../shared/token-store";
import type { DestroyCheckPorts } from "./destroy-check";
import type { FailedLaunchPorts } from "./failed-launches";
import { activities, failedLaunches, groupExists, members, protectedInstances, suspendedProcesses, terminate } from "./inventory";
import { listSecrets } from "./list-secrets";
import type { SweepPorts } from "./ports";
import type { Silences } from "./silences";

export interface SweepClients {
  autoScaling: AutoScaling;
  secretsManager: SecretsManager;
}

export function sweepPorts(
  clients: SweepClients,
  gitHub: () => GitHubRunners,
  clock: Clock,
  silences: Silences,
  secretSettings: () => SecretSettings,
): SweepPorts & RegistrationPorts & DestroyCheckPorts & FailedLaunchPorts {
  const { autoScaling, secretsManager } = clients;
  return {
    ...registrationPorts(clients, gitHub, clock, secretSettings),
    members: (group) => members(autoScaling, group),
    groupExists: (group) => groupExists(autoScaling, group),
    suspendedProcesses: (group) => suspendedProcesses(autoScaling, group),
    protectedInstances: (group) => protectedInstances(autoScaling, group),
    failedLaunches: (group) => failedLaunches(autoScaling, group),
    activities: (group) => activities(autoScaling, group),
    lifecycleStates: (instanceIds) => lifecycleStates(autoScaling, instanceIds),
    continueAction: (action) => continueAction(autoScaling, action),
    terminate: (instanceId) => terminate(autoScaling, instanceId),
    secrets: (prefix) => listSecrets(secretsManager, prefix),
    deleteSecret: (name) => deleteSecret(secretsManager, name),
    gitHub,
    silences,
  };
}
