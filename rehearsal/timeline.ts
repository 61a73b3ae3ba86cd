/** Everything that the rehearsal observed, in order of observation. The figures and the report are derived from it. */
export type TimelineEvent = { at: number } & (
  | { kind: "instance-state"; instance: string; state: string }
  /** Of an instance that belongs to no group. `reason` is EC2's code. */
  | { kind: "power-state"; instance: string; state: string; reason?: string }
  | { kind: "action-opened"; instance: string; hook: string; transition: string }
  | { kind: "action-closed"; instance: string; hook: string; result: string; by: string }
  | { kind: "heartbeat"; instance: string; hook: string }
  | { kind: "host-log"; instance: string; message: string; fields: Record<string, unknown> }
  | { kind: "function-run"; name: string; requestId: string; outcome: "ok" | "error"; ms: number; error?: string }
  | { kind: "api-call"; principal: string; action: string; outcome: string; instance?: string }
  | { kind: "denied"; principal: string; action: string; resource: string }
  | { kind: "command"; instance: string; document: string; outcome: string }
  | { kind: "runner"; instance: string; runner: string; change: "registered" | "online" | "offline" | "deleted" }
  | { kind: "webhook"; event: string; delivery: string; outcome: string }
  | { kind: "job"; job: string; change: JobChange; instance?: string; detail?: string; queuedAt?: number }
  | { kind: "scenario"; message: string }
);

export type JobChange =
  | "waiting" // for an approval; not yet runnable
  | "skipped"
  | "queued"
  | "assigned"
  | "requeued"
  | "acquired"
  | "hook-started" // job-started hook begins
  | "hook-ended"
  | "steps-started"
  | "steps-ended"
  | "succeeded"
  | "failed"
  | "lost";

/** `Omit` would collapse the union to its common fields; this keeps each variant. */
export type TimelineEntry = TimelineEvent extends infer E ? (E extends TimelineEvent ? Omit<E, "at"> : never) : never;

export class Timeline {
  readonly events: TimelineEvent[] = [];
  private readonly listeners = new Set<(event: TimelineEvent) => void>();

  /** @param keep false: events go to the listeners only, because a simulation of days has millions of them */
  constructor(
    private readonly now: () => number,
    private readonly keep = true,
  ) {}

  /** @param at when it happened, in ms since the epoch; default: now */
  record(entry: TimelineEntry, at = this.now()): void {
    const event = { at, ...entry } as TimelineEvent;
    if (this.keep) this.events.push(event);
    for (const listener of this.listeners) listener(event);
  }

  /** Calls the listener for every later event. Returns the function that unsubscribes it. */
  subscribe(listener: (event: TimelineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves with the first event, past or future, that satisfies the condition. */
  when<E extends TimelineEvent>(match: (event: TimelineEvent) => event is E): Promise<E>;
  when(match: (event: TimelineEvent) => boolean): Promise<TimelineEvent>;
  when(match: (event: TimelineEvent) => boolean): Promise<TimelineEvent> {
    const past = this.events.find(match);
    if (past) return Promise.resolve(past);
    return new Promise((resolve) => {
      const stop = this.subscribe((event) => {
        if (!match(event)) return;
        stop();
        resolve(event);
      });
    });
  }
}
