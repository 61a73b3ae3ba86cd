/** A job's run, as the hooks of its runner claim it. */
export interface Run {
  /** `owner/name`. */
  repository: string;
  run: number;
  attempt: number;
  job: string;
}

/** What the job at work claims to be. It is a claim of the job's user, so it is for people, and never decides anything. */
export interface JobMark {
  set(run: Run): void;
  get(): Run | undefined;
  clear(): void;
}
