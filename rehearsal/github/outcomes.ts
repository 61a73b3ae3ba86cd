import type { Conclusion, Job, JobState } from "./jobs";
import { type Completion, SHUTDOWN_ANNOTATION } from "./messages";

/** How a job ends, from what its worker reports. Only the job's own steps can fail it; any other unsuccessful end counts as lost. */
export function outcomeOf(job: Job, completion: Completion): { state: JobState; detail?: string } {
  const { result } = completion;
  const shutdown = job.annotations.find((annotation) => annotation.message === SHUTDOWN_ANNOTATION);
  if (result !== "Succeeded" && shutdown) return { state: "lost", detail: shutdown.message };
  if (result === "Succeeded" || result === "Skipped") return { state: "succeeded" };
  const why = job.annotations[0]?.message;
  if (result === "Failed") return { state: "failed", detail: why };
  if (job.cancelRequested) return { state: "canceled", detail: "canceled by a user" };
  return { state: "lost", detail: why ?? `${result} without a request to cancel it` };
}

/** What GitHub shows of it: a lost job looks like one that failed by itself. */
export function conclusionOf(state: JobState): Conclusion {
  if (state === "succeeded") return "success";
  if (state === "skipped") return "skipped";
  return state === "canceled" ? "cancelled" : "failure";
}
