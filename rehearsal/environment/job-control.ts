import type { GitHub } from "../github";
import type { Timeline, TimelineEvent } from "../timeline";

/** Jobs as a scenario sees them. */
export interface JobControl {
  /** Returns the job's id in the timeline. */
  queue(job: { name: string; seconds: number }): string;
  /** Id of the job whose steps are running on the instance. */
  runningOn(instance: string): string | undefined;
  /** Names of the runners that are online at GitHub. */
  online(): string[];
}

/** Derives from the timeline which job runs on which instance. */
export function jobControl(github: GitHub, timeline: Timeline, labels: readonly string[]): JobControl {
  const running = new Map<string, string>();
  timeline.subscribe((event: TimelineEvent) => {
    if (event.kind !== "job") return;
    if (event.change === "steps-started" && event.instance) running.set(event.instance, event.job);
    if (["steps-ended", "succeeded", "failed", "lost"].includes(event.change)) {
      for (const [instance, job] of running) if (job === event.job) running.delete(instance);
    }
  });
  return {
    queue: ({ name, seconds }) => github.queueJob({ name, seconds, labels: [...labels] }),
    runningOn: (instance) => running.get(instance),
    online: () => github.runners().flatMap(({ online, name }) => (online ? [name] : [])),
  };
}
