import type { Demand, RunningJob, WaitingJob } from "../../functions/shared/demand/source";
import type { Draws } from "./draws";
import type { EventLoop } from "./event-loop";
import type { QueuedJob } from "./github";
import { SIGNALS } from "./parameters";

const RANK = { queued: 1, started: 2, completed: 3 } as const;
type Event = keyof typeof RANK;

/** What the source knows of the queue: events that arrive late or never, and reconciliations with the truth. */
export class SimulatedLedger {
  /** GitHub is down: nothing is delivered, and the reconciler reports it. */
  down = false;
  private waiting = new Map<QueuedJob, WaitingJob>();
  private readonly running = new Map<QueuedJob, RunningJob>();
  private completeAt = 0;
  private problem: string | undefined;

  constructor(
    private readonly loop: EventLoop,
    private readonly draws: Draws,
    private readonly changed: () => void,
  ) {}

  deliver(event: Event, job: QueuedJob): void {
    // Drawn for each delivery alike, so that an outage changes no other draw.
    const lost = event !== "started" && this.draws.chance(SIGNALS.lost);
    if (lost || this.down) return;
    this.loop.after(SIGNALS.delivery * 1000, () => {
      if (job.rank >= RANK[event]) return;
      this.apply(event, job);
      this.changed();
    });
  }

  /** Replaces what is known by the truth, unless GitHub is down. */
  reconcile(open: readonly QueuedJob[]): void {
    this.problem = this.down ? "GitHub is down" : undefined;
    if (this.down) return;
    this.completeAt = this.loop.now;
    for (const job of [...this.waiting.keys(), ...this.running.keys()]) if (job.state === "over") this.apply("completed", job);
    for (const job of open) this.apply(job.state === "waiting" ? "queued" : "started", job);
    // A job whose delivery was lost is older than some that are known.
    this.waiting = new Map([...this.waiting].sort(([one], [other]) => one.createdAt - other.createdAt));
    this.changed();
  }

  read(): Demand {
    return {
      waiting: [...this.waiting.values()],
      running: [...this.running.values()],
      completeAt: this.completeAt,
      ...(this.problem === undefined ? {} : { problem: this.problem }),
    };
  }

  private apply(event: Event, job: QueuedJob): void {
    job.rank = Math.max(job.rank, RANK[event]);
    const { id, createdAt: since } = job;
    if (event === "queued") this.waiting.set(job, { id, since, confirmedAt: this.loop.now, repository: "" });
    else this.waiting.delete(job);
    if (event === "started") this.running.set(job, { id, since, runner: job.runner!.id });
    else this.running.delete(job);
  }
}
