/** Releases the machine, which is then stopped. A run that never had it releases nothing, and that is no failure. */
import type { Job } from "../../shared/job";
import type { Control } from "../shared/control";
import { untilFinal } from "../shared/until-final";

export interface StopParts {
  job: Job;
  connect(): Promise<Control>;
  pause(milliseconds: number): Promise<void>;
  elapsed(): number;
}

/** Seconds; the job that stops has ten minutes. */
const TIMEOUT = 480;

export async function stop({ job, connect, pause, elapsed }: StopParts): Promise<void> {
  const control = await connect();
  try {
    const waiting = { ask: control.ask, pause, elapsed, info: (text: string) => job.info(text) };
    const { state, ...reply } = await untilFinal(waiting, { timeout: TIMEOUT, waiting: TIMEOUT });
    if (state !== "released") throw new Error("the machine was started while it stopped");
    job.info(`released: ${"detail" in reply ? reply.detail : ""}`);
  } finally {
    control.close();
  }
}
