import type { RehearsalOptions } from "../../rehearsal-options";
import type { Random } from "../../random";

/** How a scale-in comes about: ending one busy instance through the group, or lowering the desired capacity. */
export type ScaleInKind = "terminate" | "desired-capacity";

export interface PlannedJob {
  name: string;
  /** In the timeline, once it is queued. */
  id?: string;
  seconds: number;
}

/** Which jobs run in which phase; together they are `--jobs` of them. */
export interface JobPlan {
  underScaleIn: PlannedJob[];
  underChange: PlannedJob[];
  /** Still running when `destroy` begins. */
  last: PlannedJob[];
  scaleIns: ScaleInKind[];
}

export function planJobs(options: RehearsalOptions, random: Random): JobPlan {
  const jobs: PlannedJob[] = [];
  for (let number = 1; number <= options.jobs; number++) {
    jobs.push({
      name: `job-${String(number).padStart(2, "0")}`,
      seconds: random.between(options.jobSeconds.min, options.jobSeconds.max),
    });
  }
  const last = jobs.splice(-1);
  // Whatever length it drew, the job that destroy meets takes the longest, so that it surely still runs.
  for (const job of last) job.seconds = options.jobSeconds.max;
  const underChange = jobs.splice(-Math.min(2, Math.max(1, Math.floor(options.jobs / 4))));
  // The engine takes its time before the group begins to refresh; a short job would be over by then.
  for (const job of underChange) job.seconds = options.jobSeconds.max;
  return { underScaleIn: jobs, underChange, last, scaleIns: planScaleIns(options.scaleIns) };
}

/**
 * Every third scale-in lowers the desired capacity, as a scaling policy does, and spares protected instances; the
 * others end a busy instance, as a health check, an operator or a rebalance does, and so surely meet a job.
 */
function planScaleIns(count: number): ScaleInKind[] {
  return Array.from({ length: count }, (_, index) => (index % 3 === 1 ? "desired-capacity" : "terminate"));
}
