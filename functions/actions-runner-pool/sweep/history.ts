import type { Activity, SweepPorts } from "./ports";

export interface Termination {
  startedAt: Date;
  /** Auto Scaling has terminated the instance; an id is never used again, so it is gone for good. */
  finished: boolean;
}

export interface Launch {
  startedAt: Date;
  /** When the instance came into service, or into the warm pool; undefined while it is on its way. */
  endedAt?: Date;
}

/** GitHub forgets a runner that was offline for 14 days: an older activity cannot matter any more. */
const HORIZON_MS = 15 * 24 * 3600_000;
/** Bound on reading, in pages of 100 activities: one sweep every five minutes makes at most 360 calls an hour. */
const MAX_PAGES = 30;

const TERMINATING = /^Terminating EC2 instance\b.*?\b(i-[0-9a-f]{8,17})\b/;
const LAUNCHING = /^Launching a new EC2 instance\b.*?\b(i-[0-9a-f]{8,17})\b/;

/**
 * What the group's own activity history, which AWS keeps for six weeks, says about its instances. Pages are read
 * newest first, only as far as somebody asks, and once for the whole sweep.
 */
export class GroupHistory {
  private readonly terminations = new Map<string, Termination>();
  private readonly launches = new Map<string, Launch>();
  private readonly pages: AsyncIterator<Activity[]>;
  private readonly horizon: number;
  private pagesRead = 0;
  private exhausted = false;
  private failure: unknown;

  constructor(ports: Pick<SweepPorts, "activities" | "clock">, group: string) {
    this.pages = ports.activities(group)[Symbol.asyncIterator]();
    this.horizon = ports.clock.now() - HORIZON_MS;
  }

  /**
   * Undefined when this group never terminated the instance, or too long ago to matter.
   *
   * @throws when the history cannot be read, and again for whoever asks later: half a history must not pass for a
   *   whole one in which an instance does not occur.
   */
  termination(instanceId: string): Promise<Termination | undefined> {
    return this.find(this.terminations, instanceId);
  }

  /** The last time the instance was sent into service, or into the warm pool. Undefined and errors: as above. */
  launch(instanceId: string): Promise<Launch | undefined> {
    return this.find(this.launches, instanceId);
  }

  private async find<T>(known: Map<string, T>, instanceId: string): Promise<T | undefined> {
    while (!known.has(instanceId) && !this.exhausted) await this.readPage();
    return known.get(instanceId);
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
    this.exhausted = done === true || this.pagesRead >= MAX_PAGES || oldest < this.horizon;
  }

  /** The first that is read is the latest. */
  private note({ description, startedAt, endedAt, status }: Activity): void {
    const terminated = TERMINATING.exec(description)?.[1];
    if (terminated !== undefined && !this.terminations.has(terminated)) {
      this.terminations.set(terminated, { startedAt, finished: status === "Successful" });
    }
    const launched = LAUNCHING.exec(description)?.[1];
    if (launched !== undefined && !this.launches.has(launched)) this.launches.set(launched, { startedAt, endedAt });
  }
}
