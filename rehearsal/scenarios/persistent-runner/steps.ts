import type { EngineResult } from "../../environment/engine-controller";
import { Overdue, type ScenarioContext } from "../../environment/scenario-context";
import type { Run } from "../../github/jobs";
import { machineJob, type PersistentContext } from "./persistent-context";

/** What the phases of the scenario have in common. */

/** Milliseconds. A run ends after its last job's event, so events alone do not show everything. */
const POLL = 250;

/** Waits, on the context's clock, until the condition holds. */
export async function settled(
  { clock }: Pick<ScenarioContext, "clock">,
  what: string,
  seconds: number,
  condition: () => boolean,
): Promise<void> {
  const end = clock.now() + seconds * 1000;
  while (!condition()) {
    if (clock.now() >= end) throw new Overdue(`${what}: not within ${seconds} s`);
    await clock.sleep(POLL);
  }
}

export function hasEnded({ file }: Readonly<Run>): boolean {
  return file?.status === "completed";
}

/** The run's job on the machine has begun. */
export function isAtWork(run: Readonly<Run>): boolean {
  return machineJob(run)?.state === "acquired";
}

/** How often EC2 has begun to start the machine. */
export function starts({ timeline, machine }: PersistentContext): number {
  return timeline.events.filter((event) => event.kind === "power-state" && event.instance === machine && event.state === "pending").length;
}

export function changed({ changes }: EngineResult): number {
  return Object.entries(changes).reduce((sum, [operation, n]) => (operation === "same" ? sum : sum + n), 0);
}

export function describe({ changes }: EngineResult): string {
  return Object.entries(changes)
    .map(([operation, n]) => `${n} ${operation}`)
    .join(", ");
}

export function note({ timeline, say }: Pick<ScenarioContext, "timeline" | "say">, line: string): void {
  timeline.record({ kind: "scenario", message: line });
  say(line);
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
