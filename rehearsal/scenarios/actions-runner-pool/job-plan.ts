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

/** The jobs that a pool learns of by webhook, by what happens to their deliveries. */
export interface DemandJobs {
  /** "Queued" is lost. */
  lost: PlannedJob;
  /** "Queued" arrives twice. */
  duplicated: PlannedJob;
  /** "In progress" arrives after "completed". */
  swapped: PlannedJob;
  undisturbed: PlannedJob;
}

/** The jobs of each phase, `--jobs` in total. Those of the demand come on top, so that the other phases keep theirs. */
export interface JobPlan {
  scaleIns: PlannedScaleIn[];
  underChange: PlannedJob[];
  demand: DemandJobs;
  /** Still running when `destroy` begins. */
  last: PlannedJob[];
}

interface PlannedScaleIn {
  kind: ScaleInKind;
  /**
   * Queued when all instances are in service again. Not all at once at the beginning: where instances boot slowly, those jobs
   * would end before the next scale-in, which would then meet an idle pool and prove nothing.
   */
  jobs: PlannedJob[];
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
  const scaleIns = planScaleIns(options.scaleIns, jobs);
  const waiting = (number: number): PlannedJob => ({
    name: `queue-${number}`,
    seconds: random.between(options.jobSeconds.min, options.jobSeconds.max),
  });
  const demand = { lost: waiting(1), duplicated: waiting(2), swapped: waiting(3), undisturbed: waiting(4) };
  return { scaleIns, underChange: scaleIns.length > 0 ? underChange : [...jobs, ...underChange], demand, last };
}

/**
 * One of every three scale-ins lowers the desired capacity, as a scaling policy does, and spares protected instances;
 * the others terminate a busy instance, as a health check, an operator or a rebalance does, and so always affect a job.
 */
function planScaleIns(count: number, jobs: readonly PlannedJob[]): PlannedScaleIn[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: index % 3 === 1 ? "desired-capacity" : "terminate",
    jobs: jobs.filter((_job, number) => number % count === index),
  }));
}
