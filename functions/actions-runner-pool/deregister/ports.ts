import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { AutoScaling, Ec2, SecretsManager, SystemsManager } from "../../shared/aws/clients";
import { type LifecycleAction, continueAction } from "../../shared/aws/complete-action";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { isOff } from "../../shared/aws/power-state";
import { lifecycleStates } from "../../shared/aws/lifecycle-states";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { HostLogPorts } from "../shared/host-logs";
import { sendStop } from "./stop-command";

export interface DeregisterPorts {
  sendStop(document: string, instanceId: string): Promise<"sent" | "unreachable">;
  lifecycleStates(instanceIds: readonly string[]): Promise<Map<string, LifecycleState>>;
  /** Whether no job runs on the instance that waiting could save: it is powered off or at its end. */
  isOff(instanceId: string): Promise<boolean>;
  continueAction(action: LifecycleAction): Promise<"continued" | "none">;
  /** Succeeds for a missing secret, too. */
  deleteSecret(name: string): Promise<void>;
  /** Called only when GitHub is needed, never before the stop was sent. */
  gitHub(): Pick<GitHubRunners, "fetchRemainingQuota" | "remainingQuota" | "find" | "removeCustomLabels" | "setCustomLabels" | "remove">;
  /** Undefined without `hostLogs`. */
  hostLogs: HostLogPorts | undefined;
  clock: Clock;
}

export interface DeregisterSettings {
  names: PoolNames;
  /** Upper bound of the per-instance jitter before a call to GitHub that can be postponed, in ms. Default 2000. */
  spreadMs?: number;
  /** Bound on the whole cordon, in ms. Default 5000. */
  cordonMs?: number;
  /** Bound on the removal of the runner at GitHub, in ms. Default 15 000. */
  removalMs?: number;
}

export interface DeregisterClients {
  autoScaling: AutoScaling;
  ec2: Ec2;
  secretsManager: SecretsManager;
  systemsManager: SystemsManager;
}

export function deregisterPorts(
  { autoScaling, ec2, secretsManager, systemsManager }: DeregisterClients,
  gitHub: DeregisterPorts["gitHub"],
  clock: Clock,
  hostLogs?: HostLogPorts,
): DeregisterPorts {
  return {
    sendStop: (document, instanceId) => sendStop(systemsManager, document, instanceId),
    lifecycleStates: (instanceIds) => lifecycleStates(autoScaling, instanceIds),
    isOff: (instanceId) => isOff(ec2, instanceId),
    continueAction: (action) => continueAction(autoScaling, action),
    deleteSecret: (name) => deleteSecret(secretsManager, name),
    gitHub,
    hostLogs,
    clock,
  };
}
