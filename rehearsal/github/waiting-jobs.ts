import type { Job, JobSpec } from "./jobs";
import type { Runner } from "./runners";

/** Jobs that wait for a runner, by what they ask of it: a free runner must not cost a look at each of them. */
export class WaitingJobs {
  /** The longest first. */
  private readonly byWish = new Map<string, Set<Job>>();
  private count = 0;
  private order = 0;

  get any(): boolean {
    return this.count > 0;
  }

  add(job: Job): void {
    job.waitingSince = this.order++;
    job.waitingAs = wish(job.spec);
    const alike = this.byWish.get(job.waitingAs);
    if (alike) alike.add(job);
    else this.byWish.set(job.waitingAs, new Set([job]));
    this.count++;
  }

  /** Does nothing to a job that does not wait. */
  remove(job: Job): void {
    const alike = this.byWish.get(job.waitingAs);
    if (!alike?.delete(job)) return;
    if (alike.size === 0) this.byWish.delete(job.waitingAs);
    this.count--;
  }

  /** The job that has waited longest of those that the runner's labels satisfy; undefined when there is none. */
  longestFor(runner: Runner): Job | undefined {
    let longest: Job | undefined;
    for (const jobs of this.byWish.values()) {
      const [first] = jobs;
      if (first && suits(first, runner) && (!longest || first.waitingSince < longest.waitingSince)) longest = first;
    }
    return longest;
  }
}

/** What a job asks of a runner: jobs with the same wish suit the same runners. */
function wish({ scope, runner, labels }: JobSpec): string {
  return `${scope ?? ""}\n${runner ?? ""}\n${labels.join("\n")}`;
}

export function suits(job: Job, runner: Runner): boolean {
  if (job.spec.scope && job.spec.scope.toLowerCase() !== runner.scope.toLowerCase()) return false;
  if (job.spec.runner !== undefined && job.spec.runner !== runner.name) return false;
  const has = new Set(runner.labels.map((label) => label.name.toLowerCase()));
  return job.spec.labels.every((label) => has.has(label.toLowerCase()));
}
