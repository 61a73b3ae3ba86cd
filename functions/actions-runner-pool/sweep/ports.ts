import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { LifecycleAction } from "../../shared/aws/complete-action";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";

/** An instance that the group or its warm pool still lists. */
export interface Member {
  instanceId: string;
  lifecycleState: LifecycleState;
}

/** One line of the group's activity history. */
export interface Activity {
  description: string;
  startedAt: Date;
  /** Undefined while it goes on. */
  endedAt?: Date;
  /** Auto Scaling's own word: `Successful`, `InProgress`, `MidLifecycleAction`, ... */
  status: string;
}

export interface StoredSecret {
  name: string;
  /** Last change of its value. */
  changedAt: Date;
}

export interface SweepPorts {
  /** Group and warm pool; empty when the group does not exist. */
  members(group: string): Promise<Member[]>;
  groupExists(group: string): Promise<boolean>;
  /** Newest first, page by page, also when the group is deleted; empty when there never was such a group. */
  activities(group: string): AsyncIterable<Activity[]>;
  lifecycleStates(instanceIds: readonly string[]): Promise<Map<string, LifecycleState>>;
  continueAction(action: LifecycleAction): Promise<"continued" | "none">;
  /** Ends a retained instance; the only way out of that state. */
  terminate(instanceId: string): Promise<void>;
  /** Those whose name starts with the prefix, page by page. */
  secrets(prefix: string): AsyncIterable<StoredSecret[]>;
  deleteSecret(name: string): Promise<"deleted" | "gone">;
  gitHub(): Pick<GitHubRunners, "find" | "get" | "pages" | "remove" | "spare">;
  clock: Clock;
}

export interface SweepSettings {
  names: PoolNames;
  maxDrainSeconds: number;
}
