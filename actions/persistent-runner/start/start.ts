/** Acquires and starts the machine for this run, and waits until it takes the run's job. */
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { Job } from "../../shared/job";
import type { Control } from "../shared/control";
import { untilFinal } from "../shared/until-final";

export interface StartParts {
  job: Job;
  connect(): Promise<Control>;
  pause(milliseconds: number): Promise<void>;
  elapsed(): number;
}

export async function start({ job, connect, pause, elapsed }: StartParts): Promise<void> {
  const timeout = Number(job.input("timeout"));
  if (!Number.isInteger(timeout) || timeout <= 0) throw new Error(`the input timeout is "${job.input("timeout")}": use whole seconds`);
  const control = await connect();
  try {
    const waiting = { ask: control.ask, pause, elapsed, info: (text: string) => job.info(text) };
    const reply = await untilFinal(waiting, { timeout, waiting: PERSISTENT_TIMING.acquireTimeout });
    if (reply.state !== "ready") throw new Error(`the machine was released while it started: ${reply.detail}`);
    job.output("label", reply.label);
    job.output("generation", String(reply.generation));
    job.info(`${reply.instanceId} takes the job with the label ${reply.label}, at its start ${reply.generation}`);
  } finally {
    control.close();
  }
}
