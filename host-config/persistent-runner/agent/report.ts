/**
 * Reports a job of another run: to the alarm, and to the run that waits for its own job on this machine.
 *
 * Unit: ci-runners-report.service, which the end of the runner starts (ended.ts) and waits for.
 *
 * Failure: the job's refusal is in the journal, and the run that waits learns that its runner is gone.
 */
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { countEvent } from "./metrics";
import type { LeaseWrites } from "./ports/lease-writes";

export interface ReportHost {
  /** Of the machine. */
  name: string;
  lease: Pick<LeaseWrites, "failed">;
  cloudwatch: Pick<CloudWatchClient, "send">;
}

/** Both are tried, whatever becomes of the other. @param job run key */
export async function reportForeignJob(job: string, { name, lease, cloudwatch }: ReportHost): Promise<void> {
  const done = await Promise.allSettled([
    lease.failed(`a job of ${job} asked for the machine, and was refused`),
    countEvent(cloudwatch, { name }, "foreignJobs"),
  ]);
  for (const each of done) if (each.status === "rejected") throw each.reason;
}
