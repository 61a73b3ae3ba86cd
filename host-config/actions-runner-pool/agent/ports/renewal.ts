/** What brings a used machine back to its installation, except for what jobs stored on the disk, such as caches. */
export interface Renewal {
  /**
   * Ends every process of the job's user, wherever it runs, and starts none. Rejects if one is left, or if that is unknown: unlike
   * RunnerUnit.killLeftovers, by which a start of the runner must not fail for a reason that has nothing to do with jobs.
   */
  endProcesses(): Promise<void>;
  /**
   * Removes what could start a process of the job's user while no job runs: lingering, cron and at jobs, and what starts by itself
   * in the user's home or lets someone log in there. Before the last `endProcesses`: who logs in until then is ended by it.
   */
  disarm(): Promise<void>;
  /**
   * Replaces the runner's programs, its settings and its registration by those of the installation, and brings back what of the
   * user's home `disarm` has removed. Only after it, and while the job's user has no process. May be repeated with it, also after it
   * was cut short. Rejects if anything of an earlier job may be left of them.
   */
  restore(): Promise<void>;
  /** Deletes the work folder, with the caches of jobs. After `restore`, and likewise only while no process could change it. */
  deleteWork(): Promise<void>;
  /** Rejects if something has undone the first two since: a process of the job's user, or its lingering. */
  check(): Promise<void>;
}
