import type { Random } from "../random";
import type { Pool } from "./pool";
import type { SimulatedEnvironment } from "./environment";

/** Share of a pool's instances that are in service at the quietest hour. */
const QUIET = 0.5;
const HOUR_MS = 3_600_000;
/** Minutes: half of the jobs take up to 4, one in twenty an hour. */
const DURATIONS: readonly [share: number, min: number, max: number][] = [
  [0.5, 1, 4],
  [0.3, 4, 12],
  [0.15, 12, 30],
  [0.05, 30, 60],
];

/** How busy the hour is, 0 to 1: quietest at 3 in the night, busiest in the afternoon. */
function dayCurve(hour: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * (hour - 3)) / 24);
}

/** The day of one pool: jobs arrive at random, and the desired capacity follows the hour. */
export class PoolLoad {
  queued = 0;
  private stopped = false;
  /** Between 0 and 1: what a storm leaves of the capacity. */
  share = 1;

  constructor(
    private readonly environment: SimulatedEnvironment,
    readonly pool: Pool,
    private readonly instances: number,
    private readonly jobsPerHour: number,
    private readonly random: Random,
    /** While it says so nobody can queue a job. */
    private readonly closed: () => boolean,
  ) {}

  start(): void {
    this.next();
    this.follow();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Brings the desired capacity to what the hour asks for. */
  adapt(): void {
    const wanted = this.instances * this.share * (QUIET + (1 - QUIET) * dayCurve(this.hour()));
    void this.pool.scaleTo(Math.max(1, Math.round(wanted)));
  }

  /** Four times an hour, each pool at a moment of its own. */
  private follow(): void {
    this.environment.clock.after(this.random.between(HOUR_MS / 5, HOUR_MS / 4), () => {
      if (this.stopped) return;
      this.adapt();
      this.follow();
    });
  }

  private next(): void {
    const rate = Math.max(0.01, this.jobsPerHour * this.instances * (0.5 + dayCurve(this.hour())));
    const pause = (-Math.log(1 - this.random.next()) / rate) * HOUR_MS;
    this.environment.clock.after(Math.ceil(pause), () => {
      if (this.stopped) return;
      if (!this.closed() && this.jobsPerHour > 0) this.queue();
      this.next();
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
