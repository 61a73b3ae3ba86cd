import type { Random } from "../random";
import type { Pool } from "./pool";
import type { SimulatedEnvironment } from "./environment";

/** Share of a pool's instances that are in service at the quietest hour. */
const QUIET = 0.5;
const HOUR_MS = 3_600_000;
/** Minutes: half of the jobs take 1 to 4, one in twenty 30 to 60. */
const DURATIONS: readonly [share: number, min: number, max: number][] = [
  [0.5, 1, 4],
  [0.3, 4, 12],
  [0.15, 12, 30],
  [0.05, 30, 60],
];

/** Load of the hour, from 0 to 1: lowest at 3:00, highest at 15:00. */
function dayCurve(hour: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * (hour - 3)) / 24);
}

/** The load of one pool: jobs arrive at random, and the desired capacity follows the hour of the day. */
export class PoolLoad {
  queued = 0;
  private stopped = false;
  /** Share of the capacity, from 0 to 1, that an incident leaves. */
  share = 1;

  constructor(
    private readonly environment: SimulatedEnvironment,
    readonly pool: Pool,
    private readonly instances: number,
    private readonly jobsPerHour: number,
    private readonly random: Random,
    /** While it returns true, no job can be queued. */
    private readonly closed: () => boolean,
  ) {}

  start(): void {
    this.scheduleJob();
    this.scheduleAdaptation();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Sets the desired capacity to the hour's. */
  adapt(): void {
    const desired = this.instances * this.share * (QUIET + (1 - QUIET) * dayCurve(this.hour()));
    void this.pool.scaleTo(Math.max(1, Math.round(desired)));
  }

  /** Adapts every 12 to 15 minutes, each pool at different times. */
  private scheduleAdaptation(): void {
    this.environment.clock.after(this.random.between(HOUR_MS / 5, HOUR_MS / 4), () => {
      if (this.stopped) return;
      this.adapt();
      this.scheduleAdaptation();
    });
  }

  private scheduleJob(): void {
    const rate = Math.max(0.01, this.jobsPerHour * this.instances * (0.5 + dayCurve(this.hour())));
    const pause = (-Math.log(1 - this.random.next()) / rate) * HOUR_MS;
    this.environment.clock.after(Math.ceil(pause), () => {
      if (this.stopped) return;
      if (!this.closed() && this.jobsPerHour > 0) this.queue();
      this.scheduleJob();
    });
  }

  private queue(): void {
    this.queued++;
    this.pool.queueJob({ seconds: this.duration(), setupSeconds: this.random.between(0, 10) });
  }

  private duration(): number {
    let chance = this.random.next();
    for (const [share, min, max] of DURATIONS) {
      if (chance < share) return this.random.between(min * 60, max * 60);
      chance -= share;
    }
    return 60;
  }

  private hour(): number {
    return (this.environment.clock.now() / HOUR_MS) % 24;
  }
}
