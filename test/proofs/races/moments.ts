import type { Boundary } from "../../../rehearsal/runner/program/barriers";

/** One moment in the lifetime of a runner and its job at which a stop may arrive, and the expected outcome. */
export interface Moment {
  name: string;
  /** Completes "a stop arrives ...". */
  when: string;
  /** What could go wrong, as a clause. */
  danger: string;
  /** Barriers that hold the runner there; none for an idle runner. */
  barriers: readonly Boundary[];
  /** How the runner reaches the moment, besides a job queued on it. */
  by?: "listener crash" | "service crash" | "idle update" | "update during a job" | "end of a job";
  /** What the drain finds in flight; undefined where it started earlier, when the unit itself ended. */
  finds?: "nothing" | "message" | "announced" | "worker";
  /**
   * `here`: accepted, so it must succeed on this runner. `anywhere`: not accepted yet, so it may run here or, 60 s after
   * its assignment, elsewhere. Undefined: no job.
   */
  job?: "here" | "anywhere";
  /** When the last barrier is lifted. Undefined: with the others, as soon as the stop is in progress. */
  release?: "listener asked to exit" | "unit started again";
}

export const MOMENTS: readonly Moment[] = [
  {
    name: "idle",
    when: "on an idle runner",
    danger: "the drain waits for a job that does not exist",
    barriers: [],
    finds: "nothing",
  },
  {
    name: "message-arrived",
    when: "when a message has arrived but the listener has not logged it",
    danger: "a stopping listener acquires the job",
    barriers: ["message-arrived"],
    finds: "nothing",
    job: "anywhere",
    release: "listener asked to exit",
  },
  {
    name: "message-received",
    when: "when a message is received and the job not yet acquired",
    danger: "the listener is mistaken for idle",
    barriers: ["message-received"],
    finds: "message",
    job: "here",
  },
  {
    name: "acquire-unanswered",
    when: "when the job is acquired but GitHub's answer is lost and the listener has to ask again",
    danger: "the job is this runner's at GitHub, and the listener that asks for it is mistaken for idle",
    barriers: ["acquire-unanswered"],
    finds: "message",
    job: "here",
  },
  {
    name: "acquire-answered",
    when: "while the acquire is in progress",
    danger: "GitHub hands the job to a listener that has stopped",
    barriers: ["acquire-answered"],
    finds: "message",
    job: "here",
  },
  {
    name: "acquired",
    when: "when the job is acquired and its lock not yet renewed",
    danger: "no worker exists yet to show that there is a job",
    barriers: ["acquired"],
    finds: "announced",
    job: "here",
  },
  {
    name: "lock-renewed",
    when: "before the worker is spawned",
    danger: "no worker exists yet to show that there is a job",
    barriers: ["lock-renewed"],
    finds: "announced",
    job: "here",
  },
  {
    name: "set-up",
    when: "during the action downloads, before the job-started hook",
    danger: "no hook has notified the agent of the job",
    barriers: ["set-up"],
    finds: "worker",
    job: "here",
  },
  {
    name: "started-hook",
    when: "during the job-started hook",
    danger: "the hook fails, and the job with it",
    barriers: ["started-hook"],
    finds: "worker",
    job: "here",
  },
  {
    name: "steps",
    when: "during the steps",
    danger: "the step is interrupted",
    barriers: ["steps"],
    finds: "worker",
    job: "here",
  },
  {
    name: "post-steps",
    when: "during the post steps",
    danger: "the job looks finished but is not",
    barriers: ["post-steps"],
    finds: "worker",
    job: "here",
  },
  {
    name: "completed-hook",
    when: "during the job-completed hook",
    danger: "the hook is mistaken for the job's end",
    barriers: ["completed-hook"],
    finds: "worker",
    job: "here",
  },
  {
    name: "reporting",
    when: "while the result is being reported",
    danger: "GitHub never receives the result",
    barriers: ["reporting"],
    finds: "worker",
    job: "here",
  },
  {
    name: "between-jobs",
    when: "between two jobs",
    danger: "the next job is assigned at that moment",
    barriers: ["between-jobs"],
    by: "end of a job",
    finds: "nothing",
    job: "anywhere",
  },
  {
    name: "listener-restarting",
    when: "while the listener restarts after a crash during its job",
    danger: "the new listener, which has no record of the job, is mistaken for the whole runner",
    barriers: ["steps", "listener-start"],
    by: "listener crash",
    finds: "worker",
    job: "here",
    release: "listener asked to exit",
  },
  {
    name: "service-crashed",
    when: "while systemd stops the service after a crash during its job",
    danger: "systemd runs no stop command for a service that has exited",
    barriers: ["steps"],
    by: "service crash",
    job: "here",
  },
  {
    name: "updating-under-a-job",
    when: "when a newer runner is unpacked and waits for the running job",
    danger: "the listener exits on its own just as it is asked to",
    barriers: ["steps", "update-downloaded"],
    by: "update during a job",
    finds: "worker",
    job: "here",
  },
  {
    name: "updating",
    when: "while the runner replaces its own binaries, without a listener",
    danger: "the drain waits for a listener that does not come back",
    barriers: ["update-swap"],
    by: "idle update",
    finds: "nothing",
    release: "unit started again",
  },
];
