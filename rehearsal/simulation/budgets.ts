import type { SimulationResult } from "./result";

/** Calls that GitHub allows to one App's installation in an hour. */
export const GITHUB_LIMIT = 5_000;
/** Of these, 5 % stay unused: an App is never alone with its pools, and no day is simulated twice. */
export const GITHUB_BUDGET = 4_750;
export const PER_JOB = 2;
export const PER_TERMINATION = 4;
/** Maximum seconds from the moment that nothing keeps an instance until it is terminated: an incident may delay it. */
const TAIL = 30 * 60;

/** The budgets that a simulation has broken, each as one line. */
export function brokenBudgets({ jobs, calls, rates, longestTailSeconds, left }: SimulationResult, losses: readonly string[]): string[] {
  const failures: string[] = [];
  const check = (failed: boolean, message: string) => void (failed && failures.push(message));
  check(jobs.lost > 0, `${jobs.lost} jobs lost: ${losses.join("; ")}`);
  check(
    longestTailSeconds > TAIL,
    `an instance was terminated ${longestTailSeconds} s after nothing kept it, at most ${TAIL} s are allowed`,
  );
  check(left.length > 0, `${left.length} resources left over: ${left.slice(0, 5).join(", ")}`);
  check(calls.host.idle > 0, `${calls.host.idle} calls to AWS by idle instances, none are allowed`);
  check(rates.hostPerJob > PER_JOB, `${rates.hostPerJob} calls to AWS per job, at most ${PER_JOB} are allowed`);
  check(
    rates.perTermination > PER_TERMINATION,
    `${rates.perTermination} calls to AWS per termination, at most ${PER_TERMINATION} are allowed`,
  );
  check(calls.github.refused > 0, `${calls.github.refused} calls to GitHub beyond the ${GITHUB_LIMIT} that an App may make in an hour`);
  check(
    calls.github.busiest > GITHUB_BUDGET,
    `${calls.github.busiest} calls to GitHub in the busiest hour, at most ${GITHUB_BUDGET} of the App's ${GITHUB_LIMIT} are allowed`,
  );
  return failures;
}

/** Jobs that never ended, and instances that never terminated. */
export function stuck({ jobs, instances }: Pick<SimulationResult, "jobs" | "instances">): number {
  return jobs.queued - jobs.succeeded - jobs.lost - jobs.unheard + instances.launched - instances.terminated;
}
