import type { Clock } from "../clock";
import type { Random } from "../random";
import type { RehearsalOptions } from "../rehearsal-options";
import type { Timeline, TimelineEvent } from "../timeline";
import type { EngineControl } from "./engine-controller";
import type { JobControl } from "./job-control";

/** What every scenario acts upon; real or simulated, it cannot tell. A component's scenario adds what is its own. */
export interface ScenarioContext {
  options: RehearsalOptions;
  clock: Clock;
  timeline: Timeline;
  random: Random;
  engine: EngineControl;
  jobs: JobControl;
  /** A progress line for whoever watches. */
  say(line: string): void;
  /** Before the end: waits until whoever watches has seen enough of these instances. Absent: nobody asked to. */
  linger?(instances: readonly string[]): Promise<void>;
}

/** Something that should have happened within a bound and did not. */
export class Overdue extends Error {}

/** What waiting needs. */
type Watched = Pick<ScenarioContext, "clock" | "timeline">;

/** Waits, on the context's clock, until the condition holds; checks again whenever anything happens. */
export function until(context: Watched, what: string, seconds: number, condition: () => boolean): Promise<void> {
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

/** The first event after now that matches, within a bound. */
export async function next(
  context: Watched,
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
