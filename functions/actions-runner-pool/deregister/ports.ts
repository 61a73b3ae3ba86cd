import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { LifecycleAction } from "../../shared/aws/complete-action";

export interface DeregisterPorts {
  sendStop(document: string, instanceId: string): Promise<"sent" | "unreachable">;
  lifecycleStates(instanceIds: readonly string[]): Promise<Map<string, LifecycleState>>;
  continueAction(action: LifecycleAction): Promise<"continued" | "none">;
  deleteSecret(name: string): Promise<"deleted" | "gone">;
  /** Made when it is first needed, never before a stop is on its way. */
  gitHub(): Pick<GitHubRunners, "askSpare" | "find" | "removeCustomLabels" | "remove">;
  clock: Clock;
}

export interface DeregisterSettings {
  names: PoolNames;
  /** What can wait asks GitHub within so many ms, each instance at its own moment. Default 2000. */
  spreadMs?: number;
  /** Bound on the cordon as a whole, in ms. Default 5000. */
  cordonMs?: number;
  /** Bound on removing the runner at GitHub, in ms. Default 15 000. */
  removalMs?: number;
}
