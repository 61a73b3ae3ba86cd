import type { RefreshPreferences } from "../../../contract/actions-runner-pool/instance-refresh";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { LifecycleAction } from "../../shared/aws/complete-action";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { Activity } from "../shared/activities";
import type { HostLogPorts } from "../shared/host-logs";
import type { LaunchSource } from "./launch-source";
import type { RefreshWatch } from "./refresh-watch";
import type { Continuity } from "./continuity";
import type { VersionMemory } from "./version-memory";

/** An instance that the group or its warm pool still lists. */
export interface Member {
  instanceId: string;
  lifecycleState: LifecycleState;
  /** Whether it was launched from something else than the group launches from now. Absent: no. */
  outdated?: boolean;
  /** Absent: no. */
  protectedFromScaleIn?: boolean;
}

/** One instance refresh of the group. */
export interface Refresh {
  /** AWS's `Status`. */
  status: string;
  reason?: string;
  /** Undefined while AWS has not begun it. */
  startedAt?: Date;
  endedAt?: Date;
}

export interface RefreshState {
  /** Whether an operator has suspended instance refreshes. */
  suspended: boolean;
  /** What the group launches from now; undefined if that is no numbered version. */
  source?: LaunchSource;
  /** Newest first. */
  refreshes: Refresh[];
}

/** One version of a launch template. */
export interface TemplateVersion {
  /** A number. */
  version: string;
  createdAt: Date;
}

/** Whether it blocks another refresh. */
export function isRunning({ status }: Refresh): boolean {
  return /^(Pending|InProgress|Cancelling|RollbackInProgress|Baking)$/.test(status);
}

export interface StoredSecret {
  name: string;
  /** Last change of the secret. */
  changedAt: Date;
}

export interface SweepPorts {
  /** Instances of the group and its warm pool; empty if the group does not exist. */
  members(group: string): Promise<Member[]>;
  groupExists(group: string): Promise<boolean>;
  /** Newest first, page by page, also of a deleted group; empty if there never was such a group. */
  activities(group: string): AsyncIterable<Activity[]>;
  lifecycleStates(instanceIds: readonly string[]): Promise<Map<string, LifecycleState>>;
  /** Undefined if the group does not exist. */
  refreshState(group: string): Promise<RefreshState | undefined>;
  /** The newest version of a launch template, whether or not the group has it. */
  latestVersion(templateId: string): Promise<TemplateVersion>;
  startRefresh(group: string, preferences: RefreshPreferences): Promise<"started" | "another is running">;
  /** Whether no job runs on the instance that waiting could save: it is powered off or at its end. */
  isOff(instanceId: string): Promise<boolean>;
  continueAction(action: LifecycleAction): Promise<"continued" | "none">;
  /** Terminates a retained instance; no other call ends that state. */
  terminate(instanceId: string): Promise<void>;
  /** Secrets whose name starts with the prefix, page by page. */
  secrets(prefix: string): AsyncIterable<StoredSecret[]>;
  /** Succeeds for a missing secret, too. */
  deleteSecret(name: string): Promise<void>;
  gitHub(): Pick<
    GitHubRunners,
    "find" | "get" | "pages" | "remove" | "removeCustomLabels" | "setCustomLabels" | "remainingQuota" | "versionSchedule"
  >;
  /** How long the runner of a retained instance is offline and idle, by instance. Kept between sweeps of one process. */
  silences: Continuity;
  /** How long a runner is in use while its instance rests in the warm pool, by the runner's id. Kept likewise. */
  uses: Continuity;
  /** Kept between sweeps of one process. */
  refreshWatch: RefreshWatch;
  /** Kept likewise. */
  versions: VersionMemory;
  /** Undefined without `hostLogs`. */
  hostLogs: HostLogPorts | undefined;
  clock: Clock;
}

export interface SweepSettings {
  names: PoolNames;
  maxDrainSeconds: number;
  refreshPreferences: RefreshPreferences;
  /** The runner's version that new instances install; undefined if it is on their image. */
  runnerVersion: string | undefined;
}
