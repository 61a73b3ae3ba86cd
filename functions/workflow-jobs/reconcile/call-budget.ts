import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { ActionsApi } from "../../shared/github/api";
import { RESERVE } from "../../shared/github/reserve";
import type { Clock } from "../../shared/lambda/clock";
import { pause } from "../../shared/lambda/timeout";

/**
 * Calls an hour for 200 repositories. GitHub allows an App 5,000 an hour, and 50 more for each repository beyond 20 of its
 * installation: 12,500 for 200. The pools' own functions need theirs, too.
 */
const CALLS_PER_HOUR = 1_600;
const REPOSITORIES = 200;
const RUNS_PER_HOUR = 3_600 / DEMAND_TIMING.reconcileInterval;

/**
 * Time between the starts of two calls, in ms: four a second are a third of GitHub's secondary limit of 900 points a minute, and a
 * full run's 133 calls take 33 s.
 */
const GAP_MS = 250;
/** Share of the reconciler's time that the gaps of a larger installation's calls may take. */
const GAPS_SHARE = 0.5;

/** Time for the last call and what follows it, in ms: a call that GitHub does not answer takes 16.5 s with its repetitions. */
const LAST_CALL_MS = 20_000;

/** GitHub's lists have 100 items a page. */
const PAGE_SIZE = 100;

/** Calls of one run. A larger installation has a larger quota, so that each repository is read as often. */
export function callsPerRun(repositories: number): number {
  return Math.floor((CALLS_PER_HOUR / RUNS_PER_HOUR) * Math.max(1, repositories / REPOSITORIES));
}

/** Why a call may not be made now. */
export type Exhausted = "the calls of this run" | "the time of this run" | "GitHub's quota";

/** Counts and paces the calls of one run, and leaves the pools what they need of the App's quota. */
export class CallBudget {
  spent = 0;
  /** The first reason for which a call was not made. */
  exhausted: Exhausted | undefined;
  private nextAt = 0;
  private limit: number;

  constructor(
    repositories: number,
    private readonly gitHub: Pick<ActionsApi, "remainingQuota">,
    private readonly clock: Clock,
    /** End of the reconciler's time, in ms since the epoch. */
    private readonly endsAt = Infinity,
  ) {
    this.limit = callsPerRun(repositories);
  }

  /** To be called when the number of repositories becomes known. */
  resize(repositories: number): void {
    this.limit = callsPerRun(repositories);
  }

  /**
   * Waits until the next call is due.
   *
   * @param keep calls that must remain for later parts.
   * @returns false if the call may not be made.
   */
  async take(signal: AbortSignal, keep = 0): Promise<boolean> {
    if (this.spent + keep >= this.limit) return this.refuse("the calls of this run");
    if (this.gitHub.remainingQuota(1) < RESERVE.reconcile) return this.refuse("GitHub's quota");
    const wait = this.nextAt - this.clock.now();
    if (this.clock.now() + Math.max(0, wait) > this.endsAt - LAST_CALL_MS) return this.refuse("the time of this run");
    this.spent += 1;
    if (wait > 0) await pause(this.clock, wait, signal);
    signal.throwIfAborted();
    this.nextAt = this.clock.now() + Math.min(GAP_MS, (DEMAND_TIMING.reconcileBound * 1000 * GAPS_SHARE) / this.limit);
    return true;
  }

  /** Calls that the client made itself, for the further pages of a list of `items`. */
  notePages(items: number): void {
    this.spent += Math.max(0, Math.ceil(items / PAGE_SIZE) - 1);
  }

  private refuse(reason: Exhausted): false {
    this.exhausted ??= reason;
    return false;
  }
}
