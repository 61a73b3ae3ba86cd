import type { PoolRegistration } from "../../../contract/workflow-jobs/ledger";
import type { WebhookScope } from "../../../contract/workflow-jobs/webhook";
import type { Clock } from "../../shared/lambda/clock";
import type { Observer } from "../../shared/lambda/observer";
import type { Announce } from "../shared/demand-signal";
import type { GitHubApis } from "../shared/github-apis";
import type { JobLedger } from "../shared/job-ledger";
import type { AccessProof } from "./access-proof";
import type { CallBudget } from "./call-budget";
import type { Memories, ReconcilerMemory } from "./memory";
import type { QueueTruth } from "./queue-truth";

export interface ReconcilePorts {
  ledger: Pick<JobLedger, "write" | "openJobs" | "endedJobs" | "pools" | "maySignal">;
  memory: ReconcilerMemory;
  /** Created at the first use, so that a mistake in its settings is reported as a problem of the source. */
  gitHub: () => GitHubApis;
  announce: Announce;
  clock: Clock;
}

export interface ReconcileSettings {
  ours: readonly string[];
  webhookScope: WebhookScope;
  /** What GitHub's webhook should point at; undefined: it is not checked. */
  webhookUrl?: string;
}

/** One reconciliation. */
export interface Run extends ReconcilePorts, GitHubApis {
  settings: ReconcileSettings;
  pools: readonly PoolRegistration[];
  truth: QueueTruth;
  budget: CallBudget;
  /** As the run before left it. */
  round: Memories["round"] | undefined;
  access: AccessProof;
  observer: Observer;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Bounds the run. */
  signal: AbortSignal;
}
