import { Job } from "../../shared/job";

/** Runs an action as a process: its failure is an error of the job, with the reason and without a stack. */
export async function runAction(action: (job: Job) => Promise<void>): Promise<void> {
  const job = new Job();
  try {
    await action(job);
  } catch (error) {
    job.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Milliseconds since the program began. */
export const elapsed = (): number => performance.now();
