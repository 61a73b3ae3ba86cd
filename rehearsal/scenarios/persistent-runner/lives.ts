import type { TimelineEvent } from "../../timeline";

/** One life of the machine: from its power-on to its power-off. */
export interface Life {
  instance: string;
  startedAt: number;
  /** EC2 showed it as `stopped` or `terminated`. */
  ended?: { at: number; state: "stopped" | "terminated"; reason?: string };
  /** Runs whose jobs it took, in their order. */
  runs: string[];
}

/** Which run a job on the machine belongs to; undefined for a job that ran elsewhere. */
export type RunOfJob = (job: string) => string | undefined;

/** The machine's lives, in their order. */
export function livesOf(events: readonly TimelineEvent[], runOf: RunOfJob): Life[] {
  const lives: Life[] = [];
  for (const event of events) {
    const current = lives.at(-1);
    const isOn = current !== undefined && current.ended === undefined;
    if (event.kind === "power-state") {
      const { state, at, instance, reason } = event;
      if (state === "pending" && !isOn) lives.push({ instance, startedAt: at, runs: [] });
      if ((state === "stopped" || state === "terminated") && isOn) current.ended = { at, state, ...(reason !== undefined && { reason }) };
    }
    if (event.kind === "job" && event.change === "acquired" && isOn) {
      const run = runOf(event.job);
      if (run !== undefined && !current.runs.includes(run)) current.runs.push(run);
    }
  }
  return lives;
}

/** Runs that had the machine together with another one in the same life. */
export function sharedRuns(lives: readonly Life[]): number {
  return new Set(lives.flatMap(({ runs }) => (runs.length > 1 ? runs : []))).size;
}
