import type { Boundary } from "../../../rehearsal/runner/program/barriers";

/** One moment in the life of a runner and its job at which a stop may arrive, and what that must come to. */
export interface Moment {
  name: string;
  /** Both complete the sentence "a stop arrives <when>, where <danger>". */
  when: string;
  danger: string;
  /** Barriers that keep the runner there; none for a runner that simply waits for work. */
  barriers: readonly Boundary[];
  /** How the runner gets there, beyond a job being queued on it. */
  by?: "listener crash" | "service crash" | "idle update" | "update under a job" | "end of a job";
  /** What the drain finds in flight; undefined where it has begun before, with the unit's own end. */
  finds?: "nothing" | "message" | "announced" | "worker";
  /**
   * `here`: accepted, so it must succeed on this runner. `anywhere`: not accepted yet, so it may run here or, 60 s after
   * its assignment, elsewhere. Absent: no job.
   */
  job?: "here" | "anywhere";
  /** When the last barrier goes; absent: like the others, as soon as the stop is seen to be under way. */
  release?: "listener told to exit" | "unit started again";
}

export const MOMENTS: readonly Moment[] = [
  {
    name: "idle",
    when: "on an idle runner",
    danger: "it could wait for a job that nobody gave",
    barriers: [],
    finds: "nothing",
  },
  {
    name: "message-arrived",
    when: "when a message has arrived and the listener has told nobody",
    danger: "the job could be acquired by a listener on its way out",
    barriers: ["message-arrived"],
    finds: "nothing",
    job: "anywhere",
    release: "listener told to exit",
  },
  {
    name: "message-received",
    when: "when a message is received and nothing acquired",
    danger: "the listener could be taken for idle",
    barriers: ["message-received"],
    finds: "message",
    job: "here",
  },
  {
    name: "acquire-answered",
    when: "while the acquire is under way",
    danger: "GitHub could have given the job to a listener that no longer listens",
    barriers: ["acquire-answered"],
    finds: "message",
    job: "here",
  },
  {
    name: "acquired",
    when: "when the job is acquired and its lock not renewed",
    danger: "no worker shows yet that there is a job",
    barriers: ["acquired"],
    finds: "announced",
    job: "here",
  },
  {
    name: "lock-renewed",
    when: "when the worker is not spawned yet",
    danger: "no worker shows yet that there is a job",
    barriers: ["lock-renewed"],
    finds: "announced",
    job: "here",
  },
  {
    name: "set-up",
    when: "during the action downloads, before the job-started hook",
    danger: "no hook has told the agent of the job",
    barriers: ["set-up"],
    finds: "worker",
    job: "here",
  },
  {
    name: "started-hook",
    when: "in the job-started hook",
    danger: "the hook could fail, and the job with it",
    barriers: ["started-hook"],
    finds: "worker",
    job: "here",
  },
  {
    name: "steps",
    when: "during the steps",
    danger: "the step could be interrupted",
    barriers: ["steps"],
    finds: "worker",
    job: "here",
  },
  {
    name: "post-steps",
    when: "during the post steps",
    danger: "the job looks done and is not",
    barriers: ["post-steps"],
    finds: "worker",
    job: "here",
  },
  {
    name: "completed-hook",
    when: "in the job-completed hook",
    danger: "the hook could be taken for the job's end",
    barriers: ["completed-hook"],
    finds: "worker",
    job: "here",
  },
  {
    name: "reporting",
    when: "while the result is being reported",
    danger: "GitHub could never hear of the job's end",
    barriers: ["reporting"],
    finds: "worker",
    job: "here",
  },
  {
    name: "between-jobs",
    when: "between two jobs",
    danger: "the next job could be assigned at that very moment",
    barriers: ["between-jobs"],
    by: "end of a job",
    finds: "nothing",
    job: "anywhere",
  },
  {
    name: "listener-restarting",
    when: "while the listener restarts after a crash under its job",
    danger: "the new listener, which knows of no job, could be taken for the whole runner",
    barriers: ["steps", "listener-start"],
    by: "listener crash",
    finds: "worker",
    job: "here",
    release: "listener told to exit",
  },
  {
    name: "service-crashed",
    when: "while systemd ends the service after a crash around its job",
    danger: "systemd has no stop command to run for a unit whose service is gone",
    barriers: ["steps"],
    by: "service crash",
    job: "here",
  },
  {
    name: "updating-under-a-job",
    when: "when a newer runner is unpacked and waits for the running job",
    danger: "the listener exits by itself just when it is asked to",
    barriers: ["steps", "update-downloaded"],
    by: "update under a job",
    finds: "worker",
    job: "here",
  },
  {
    name: "updating",
    when: "while the runner swaps its own programs, without a listener",
    danger: "the drain could wait for a listener that does not come",
    barriers: ["update-swap"],
    by: "idle update",
    finds: "nothing",
    release: "unit started again",
  },
];
