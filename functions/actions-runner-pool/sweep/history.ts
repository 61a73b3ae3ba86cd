import { type Activity, hasFailed, launchedInstance } from "../shared/activities";
import type { SweepPorts } from "./ports";

export interface Termination {
  startedAt: Date;
  /** Undefined while it is in progress. */
  endedAt?: Date;
  /** Auto Scaling has terminated the instance. Instance ids are never reused, so this is final. */
  finished: boolean;
}

export interface Launch {
  startedAt: Date;
  /** When the instance entered service or the warm pool; undefined while it is launching. */
  endedAt?: Date;
}

/** The latest activity about an instance. AWS does not document how it describes a return to the warm pool. */
export interface Latest {
  startedAt: Date;
  endedAt?: Date;
  /** It launches, into service or into the warm pool. */
  launch: boolean;
}

/** GitHub removes a runner that was offline for 14 days, so older activities matter only for runners that are in use. */
const HORIZON_MS = 15 * 24 * 3600_000;
/** Maximum pages of 100 activities per sweep: at one sweep every five minutes, at most 360 calls an hour. */
const MAX_PAGES = 30;

const TERMINATING = /^Terminating EC2 instance\b.*?\b(i-[0-9a-f]{8,17})\b/;
/** Any activity of an instance. */
const ANY_INSTANCE = /\b(i-[0-9a-f]{8,17})\b/;

/**
 * The group's activity history, which AWS keeps for six weeks. Pages are read newest first, only as far as a lookup
 * requires, and once per sweep.
 */
export class GroupHistory {
  private readonly terminations = new Map<string, Termination>();
  private readonly launches = new Map<string, Launch>();
  /** Instances with a launch into service that did not fail. */
  private readonly served = new Set<string>();
  /** Instances with a launch into service that has succeeded. */
  private readonly entered = new Set<string>();
  private readonly latestOf = new Map<string, Latest>();
  /** Instances whose first activity was read: none is older than the launch of the machine itself. */
  private readonly born = new Set<string>();
  private readonly pages: AsyncIterator<Activity[]>;
  private readonly horizon: number;
  private pagesRead = 0;
  private exhausted = false;
  private beyondHorizon = false;
  private failure: unknown;

  constructor(ports: Pick<SweepPorts, "activities" | "clock">, group: string) {
    this.pages = ports.activities(group)[Symbol.asyncIterator]();
    this.horizon = ports.clock.now() - HORIZON_MS;
  }

  /**
   * Undefined if this group never terminated the instance, or too long ago to matter, or more than 3,000 activities ago.
   *
   * @param far whether to look as far as AWS keeps activities, six weeks, for example because GitHub keeps a runner that is in use
   * @throws if the history cannot be read, and again on every later lookup: an instance that is missing from a partly
   *   read history is not known to be absent.
   */
  termination(instanceId: string, far = false): Promise<Termination | undefined> {
    return this.find(this.terminations, instanceId, far);
  }

  /** What `termination` resolves with, or `unread` if that needs a page that was not read yet. */
  readTermination(instanceId: string, far = false): Termination | "unread" | undefined {
    return this.terminations.get(instanceId) ?? (this.mayRead(far) ? "unread" : undefined);
  }

  /** The instance's latest launch into service or into the warm pool. Undefined and errors as in `termination`. */
  launch(instanceId: string): Promise<Launch | undefined> {
    return this.find(this.launches, instanceId);
  }

  /**
   * Whether all activities of the instance were read, and each of its launches into service failed. False in doubt.
   *
   * @param far as in `termination`
   * @throws as in `termination`.
   */
  async neverServed(instanceId: string, far = false): Promise<boolean> {
    await this.readUntil(() => this.served.has(instanceId) || this.born.has(instanceId), far);
    return this.born.has(instanceId) && !this.served.has(instanceId);
  }

  /**
   * Whether a launch into service has succeeded before. Then the instance may have returned to the warm pool.
   *
   * @throws as in `termination`.
   */
  async servedBefore(instanceId: string): Promise<boolean> {
    await this.readUntil(() => this.entered.has(instanceId) || this.born.has(instanceId));
    return this.entered.has(instanceId);
  }

  /** Undefined and errors as in `termination`. */
  latest(instanceId: string): Promise<Latest | undefined> {
    return this.find(this.latestOf, instanceId);
  }

  private async find<T>(known: Map<string, T>, instanceId: string, far = false): Promise<T | undefined> {
    await this.readUntil(() => known.has(instanceId), far);
    return known.get(instanceId);
  }

  private async readUntil(found: () => boolean, far = false): Promise<void> {
    while (!found() && this.mayRead(far)) await this.readPage();
  }

  private mayRead(far: boolean): boolean {
    return !this.exhausted && (far || !this.beyondHorizon);
  }

  private async readPage(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const { done, value } = await this.pages.next().catch((error: unknown) => {
      this.failure = error;
      throw error;
    });
    this.pagesRead += 1;
    const activities: Activity[] = done ? [] : value;
    for (const activity of activities) this.note(activity);
    const oldest = activities.at(-1)?.startedAt.getTime() ?? Infinity;
    this.exhausted = done === true || this.pagesRead >= MAX_PAGES;
    this.beyondHorizon ||= oldest < this.horizon;
  }

  /** Pages are newest first, so the first entry of an instance is its latest. */
  private note(activity: Activity): void {
    const { description, startedAt, endedAt, status } = activity;
    const launched = launchedInstance(activity);
    const named = ANY_INSTANCE.exec(description)?.[1];
    if (named !== undefined && !this.latestOf.has(named)) {
      this.latestOf.set(named, { startedAt, endedAt, launch: launched !== undefined });
    }
    const terminated = TERMINATING.exec(description)?.[1];
    if (terminated !== undefined && !this.terminations.has(terminated)) {
      this.terminations.set(terminated, { startedAt, endedAt, finished: status === "Successful" });
    }
    if (launched === undefined) return;
    if (!this.launches.has(launched)) this.launches.set(launched, { startedAt, endedAt });
    if (!description.includes("into warm pool")) {
      if (!hasFailed(activity)) this.served.add(launched);
      if (status === "Successful") this.entered.add(launched);
    }
    if (!description.includes("from warm pool")) this.born.add(launched);
  }
}
