import type { Job, JobSpec } from "./jobs";
import { matchingOf } from "./label-matching";
import type { Runner } from "./runners";

/** Jobs that wait for a runner, grouped by requirements, so that an idle runner does not scan all of them. */
export class WaitingJobs {
  /** In each group, the longest-waiting job comes first. */
  private readonly byRequirements = new Map<string, Set<Job>>();
  private count = 0;
  private order = 0;

  get any(): boolean {
    return this.count > 0;
  }

  add(job: Job): void {
    job.waitingSince = this.order++;
    job.queuedUnder = requirements(job.spec);
    const group = this.byRequirements.get(job.queuedUnder);
    if (group) group.add(job);
    else this.byRequirements.set(job.queuedUnder, new Set([job]));
    this.count++;
  }

  /** Has no effect on a job that is not waiting. */
  remove(job: Job): void {
    const group = this.byRequirements.get(job.queuedUnder);
    if (!group?.delete(job)) return;
    if (group.size === 0) this.byRequirements.delete(job.queuedUnder);
    this.count--;
  }

  /** The longest-waiting job that matches the runner; undefined when there is none. */
  longestFor(runner: Runner): Job | undefined {
    let longest: Job | undefined;
    for (const jobs of this.byRequirements.values()) {
      const [first] = jobs;
      if (first && suits(first, runner) && (!longest || first.waitingSince < longest.waitingSince)) longest = first;
    }
    return longest;
  }
}

/** A key for what a job requires of a runner: jobs with equal requirements match the same runners. */
function requirements({ scope, repository, runner, labels }: JobSpec): string {
  return `${scope ?? ""}\n${repository ?? ""}\n${runner ?? ""}\n${labels.join("\n")}`;
}

export function suits(job: Job, runner: Runner): boolean {
  if (job.spec.scope && job.spec.scope.toLowerCase() !== runner.scope.toLowerCase()) return false;
  if (job.spec.runner !== undefined && job.spec.runner !== runner.name) return false;
  if (job.spec.repository !== undefined && !admits(runner, job.spec.repository.toLowerCase())) return false;
  const { names } = matchingOf(runner);
  return job.spec.labels.every((label) => names.has(label.toLowerCase()));
}

/** A runner of a repository takes only its jobs; one of an organization those of the repositories that its group admits. */
function admits({ scope, group }: Runner, repository: string): boolean {
  const own = scope.toLowerCase();
  if (own !== repository && own !== repository.split("/")[0]) return false;
  return !group.repositories || group.repositories.has(repository);
}
