import type { RehearsalOptions } from "../../rehearsal-options";
import type { Random } from "../../random";

/** How the scenario scales in: by terminating one busy instance through the group, or by lowering the desired capacity. */
export type ScaleInKind = "terminate" | "desired-capacity";

export interface PlannedJob {
  name: string;
  /** The job's id on the timeline, once it is queued. */
  id?: string;
  seconds: number;
}

/** The jobs of each phase, `--jobs` in total. */
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
  // The job that runs during destroy gets the longest duration, so that it is certainly still running.
  for (const job of last) job.seconds = options.jobSeconds.max;
  const underChange = jobs.splice(-Math.min(2, Math.max(1, Math.floor(options.jobs / 4))));
  // The engine needs a while before the refresh begins; a short job would be over by then.
  for (const job of underChange) job.seconds = options.jobSeconds.max;
  return { underScaleIn: jobs, underChange, last, scaleIns: planScaleIns(options.scaleIns) };
}

/**
 * One of every three scale-ins lowers the desired capacity, as a scaling policy does, and spares protected instances;
 * the others terminate a busy instance, as a health check, an operator or a rebalance does, and so always affect a job.
 */
function planScaleIns(count: number): ScaleInKind[] {
  return Array.from({ length: count }, (_, index) => (index % 3 === 1 ? "desired-capacity" : "terminate"));
}
