/** One cause for each waiting job. */
export const WaitCause = {
  /** Every runner that the pool may have is busy or starting. */
  AtMaximum: "at maximum",
  /** A runner for it is starting. */
  Booting: "booting",
  /** Launches fail; the pool pauses between attempts. */
  LaunchFailing: "launch failing",
  /** It is ours, but no pool has all its labels. */
  NoPool: "no pool with these labels",
  /** The pool's runner group does not admit the job's repository. */
  GroupNotAllowed: "runner group not allowed",
  /** A runner with its labels idles for more than 90 s, and GitHub assigns it nothing. */
  NotAssigned: "GitHub does not assign",
  /** What is known of the queue is too old to act upon. */
  SourceStale: "source stale",
} as const;
export type WaitCause = (typeof WaitCause)[keyof typeof WaitCause];
