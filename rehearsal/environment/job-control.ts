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

/** What all jobs of a scenario have in common. */
export interface CommonToJobs {
  /** Labels in `runs-on` of the scenario's jobs. */
  labels: readonly string[];
  /** What a job runs on a real machine instead of a sleep of that many seconds. */
  command?(job: { name: string; seconds: number }): string;
}

/** Derives from the timeline which job runs on which instance. */
export function jobControl(github: GitHub, timeline: Timeline, { labels, command }: CommonToJobs): JobControl {
  const running = new Map<string, string>();
  timeline.subscribe((event: TimelineEvent) => {
    if (event.kind !== "job") return;
    if (event.change === "steps-started" && event.instance) running.set(event.instance, event.job);
    if (["steps-ended", "succeeded", "failed", "lost"].includes(event.change)) {
      for (const [instance, job] of running) if (job === event.job) running.delete(instance);
    }
  });
  return {
    queue: (job) => {
      const { name, seconds } = job;
      // A simulated runner runs no command: it lets the seconds pass.
      const steps = command && [{ name: "Work", seconds, run: command(job) }];
      return github.queueJob({ name, seconds, labels: [...labels], steps });
    },
    runningOn: (instance) => running.get(instance),
    online: () => github.runners().flatMap(({ online, name }) => (online ? [name] : [])),
  };
}
