import type { Job } from "../../github/jobs";
import { BUILD } from "../../hosts/simulated/persistent/job-runner";
import type { TimelineEvent } from "../../timeline";
import { CACHE } from "./repositories";

/** Builds that found an earlier one's result: by their own annotation, or on a simulated machine, which runs no steps, by its log. */
export function cacheHits(jobs: readonly Readonly<Job>[], events: readonly TimelineEvent[]): number {
  const annotated = jobs.filter(({ annotations }) => annotations.some(({ message }) => message === CACHE.hit)).length;
  const simulated = events.filter(
    (event) => event.kind === "host-log" && event.message === BUILD && event.fields["cache"] === "hit",
  ).length;
  return annotated + simulated;
}
