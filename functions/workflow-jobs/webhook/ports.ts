import type { WebhookSecrets } from "../../../contract/workflow-jobs/webhook";
import type { Clock } from "../../shared/lambda/clock";
import type { CachedValue } from "../../shared/webhook/cached-value";
import type { ServedAccount } from "../shared/account";
import type { Announce } from "../shared/demand-signal";
import type { JobLedger } from "../shared/job-ledger";
import type { PoolDirectory } from "../shared/pool-directory";

/** No repository has this name. */
export const NOTED_OUTSIDE = "";

export interface WebhookPorts {
  /** Whose jobs are recorded. */
  account: ServedAccount;
  secrets: Pick<CachedValue<WebhookSecrets>, "get" | "fresh">;
  pools: Pick<PoolDirectory, "placementOf">;
  ledger: Pick<JobLedger, "write" | "maySignal" | "noteRepository">;
  announce: Announce;
  clock: Clock;
  /** When this process last noted each repository, in ms since the epoch; under NOTED_OUTSIDE, one of another account. */
  noted: Map<string, number>;
}
