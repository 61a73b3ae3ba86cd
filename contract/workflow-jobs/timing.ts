/** Every time on which two programs of the source of demand must agree, in seconds. */
export const DEMAND_TIMING = {
  /** A pool is signalled at most once in this time. Its scaler reads the ledger that long after the signal, and so sees what came meanwhile. */
  signalInterval: 1,
  /** Between two reconciliations of the active repositories. */
  reconcileInterval: 300,
  /** Timeout of the reconcile function: below the interval, so that no two overlap. */
  reconcileTimeout: 240,
  /** Limit of the reconciler's own work, so that it reports before Lambda ends it. */
  reconcileBound: 200,
  /** Timeout of the webhook's function: GitHub gives up after 10 s. */
  webhookTimeout: 10,
  /** Limit of the work for one delivery, so that GitHub gets an answer. */
  webhookBound: 8,
  /** Timeout of the setup function: it waits for the cache of the secrets, and for a secret's name to become free. */
  setupTimeout: 120,
  /** Within which every repository is read once. */
  fullRound: 1800,
  /** After this time without a successful reconciliation, what is known is stale: one run may be missed without a report. */
  staleAfter: 780,
  /** For which a process of the webhook uses the secrets that it has read. A rotation waits longer before GitHub gets the new one. */
  secretCache: 10,
  /** For which a process of the webhook uses the pools that it has read. */
  poolsCache: 30,
  /** A job that waits longer than this beside an idle runner with its labels is not assigned by GitHub. */
  notAssignedAfter: 90,
  /** A queued job is cancelled by GitHub after at most 48 h; an open row without a word for longer is over. */
  longestQueue: 172_800,
  /** For which the state of a pool stays in the ledger without a signal or a pass: a late one may write it after the pool was removed. 7 days. */
  poolStateKept: 604_800,
  /** For which a completed job stays in the ledger: 30 days. */
  completedKept: 2_592_000,
} as const;
