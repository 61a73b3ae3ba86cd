import type { Clock } from "../clock";
import type { Random } from "../random";
import type { RehearsalOptions } from "../rehearsal-options";
import type { Timeline, TimelineEvent } from "../timeline";
import type { EngineControl } from "./engine-controller";
import type { JobControl } from "./job-control";

/** What every scenario works with, the same for real and simulated hosts. A component's scenario extends it. */
export interface ScenarioContext {
  options: RehearsalOptions;
  clock: Clock;
  timeline: Timeline;
  random: Random;
  engine: EngineControl;
  jobs: JobControl;
  /** Prints a progress line. */
  say(line: string): void;
  /** Called before the end (`--keep`): waits until the operator has inspected these instances. Absent without `--keep`. */
  linger?(instances: readonly string[]): Promise<void>;
}

/** Something did not happen within its time limit. */
export class Overdue extends Error {}

/** What `until` and `next` need of the context. */
type WaitContext = Pick<ScenarioContext, "clock" | "timeline">;

/** Waits, on the context's clock, until the condition holds; re-evaluates it at every event. */
export function until(context: WaitContext, what: string, seconds: number, condition: () => boolean): Promise<void> {
  if (condition()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      stop();
      timer.cancel();
      settle();
    };
    const stop = context.timeline.subscribe(() => {
      try {
        if (condition()) done(resolve);
      } catch (error) {
        done(() => reject(error));
      }
    });
    const timer = context.clock.after(seconds * 1000, () => done(() => reject(new Overdue(`${what}: not within ${seconds} s`))));
  });
}

/** Waits for the next event that matches, within a time limit. */
export async function next(
  context: WaitContext,
  what: string,
  seconds: number,
  match: (event: TimelineEvent) => boolean,
): Promise<TimelineEvent> {
  let found: TimelineEvent | undefined;
  const stop = context.timeline.subscribe((event) => {
    if (!found && match(event)) found = event;
  });
  try {
    await until(context, what, seconds, () => found !== undefined);
  } finally {
    stop();
  }
  return found as TimelineEvent;
}
