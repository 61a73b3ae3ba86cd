import type { Clock } from "../../clock";
import type { Options } from "../../rehearsal-options";
import type { Random } from "../../random";
import type { Timeline, TimelineEvent } from "../../timeline";

/** What one operation of the engine did, as the engine itself reported it. */
export interface EngineResult {
  seconds: number;
  /** Operation (`create`, `update`, `same`, ...) to number of resources. */
  changes: Record<string, number>;
}

export interface EngineControl {
  version: string;
  preview(): Promise<EngineResult>;
  up(): Promise<EngineResult>;
  /** Drift that is not scaling's own, one line a resource. */
  refresh(): Promise<{ drift: string[] }>;
  /** Changes the stack's configuration the way a pull request would; the next `up` carries it out. */
  changeLaunchTemplate(): Promise<void>;
  destroy(): Promise<EngineResult>;
  resourceCount(): Promise<number>;
}

export interface GroupControl {
  inService(): string[];
  desired(): number;
  setDesiredCapacity(desired: number): Promise<void>;
  /** Ends one instance through the group and lowers the desired capacity; scale-in protection does not stop it. */
  terminate(instance: string): Promise<void>;
  /** State of the latest instance refresh; undefined when there was none. */
  refreshStatus(): string | undefined;
}

export interface JobControl {
  /** Returns the job's id in the timeline. */
  queue(job: { name: string; seconds: number }): string;
  /** Id of the job whose steps run on the instance right now. */
  runningOn(instance: string): string | undefined;
  /** Runners that would take a job now. */
  online(): string[];
}

/** Everything that the scenario acts upon; real or simulated, it cannot tell. */
export interface Stage {
  options: Options;
  clock: Clock;
  timeline: Timeline;
  random: Random;
  engine: EngineControl;
  group: GroupControl;
  jobs: JobControl;
  /** A progress line for whoever watches. */
  say(line: string): void;
  /** Before the end: waits until whoever watches has seen enough. Absent: nobody asked to. */
  linger?(): Promise<void>;
}

/** Something that should have happened within a bound and did not. */
export class Overdue extends Error {}

/** Waits, on the stage's clock, until the condition holds; looks again whenever anything happens. */
export function until(stage: Stage, what: string, seconds: number, condition: () => boolean): Promise<void> {
  if (condition()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      stop();
      timer.cancel();
      settle();
    };
    const stop = stage.timeline.subscribe(() => {
      try {
        if (condition()) done(resolve);
      } catch (error) {
        done(() => reject(error));
      }
    });
    const timer = stage.clock.after(seconds * 1000, () => done(() => reject(new Overdue(`${what}: not within ${seconds} s`))));
  });
}

/** The first event after now that matches, within a bound. */
export async function next(stage: Stage, what: string, seconds: number, match: (event: TimelineEvent) => boolean): Promise<TimelineEvent> {
  let found: TimelineEvent | undefined;
  const stop = stage.timeline.subscribe((event) => {
    if (!found && match(event)) found = event;
  });
  try {
    await until(stage, what, seconds, () => found !== undefined);
  } finally {
    stop();
  }
  return found as TimelineEvent;
}
