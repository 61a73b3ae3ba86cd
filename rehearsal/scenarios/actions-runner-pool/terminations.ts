import { LOG } from "../../../contract/actions-runner-pool/host";
import type { TimelineEvent } from "../../timeline";

/** One termination of an instance that had been in service. */
export interface Termination {
  instance: string;
  /** When the instance entered Terminating:Wait. */
  waitAt: number;
  /** When the host's drain began, according to its log. */
  begunAt?: number;
  /** Whether a job was in flight at `waitAt` or was acquired later. */
  busy: boolean;
  lastJobEndAt?: number;
  completedAt?: number;
  goneAt?: number;
}

export function terminations(events: readonly TimelineEvent[], terminateHook: string): Termination[] {
  const drains: Termination[] = [];
  const open = new Map<string, Termination>();
  const running = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.kind === "job" && event.instance) {
      const jobs = running.get(event.instance) ?? new Set();
      running.set(event.instance, jobs);
      const drain = open.get(event.instance);
      if (event.change === "acquired") {
        jobs.add(event.job);
        if (drain) drain.busy = true;
      }
      if (event.change === "succeeded" || event.change === "failed" || event.change === "lost") {
        jobs.delete(event.job);
        if (drain) drain.lastJobEndAt = event.at;
      }
      continue;
    }
    if (event.kind === "instance-state" && event.state === "Terminating:Wait") {
      const drain = { instance: event.instance, waitAt: event.at, busy: (running.get(event.instance)?.size ?? 0) > 0 };
      open.set(event.instance, drain);
      drains.push(drain);
      continue;
    }
    if (event.kind === "scenario" || event.kind === "function-run" || event.kind === "denied" || event.kind === "webhook") continue;
    const drain = event.instance === undefined ? undefined : open.get(event.instance);
    if (!drain) continue;
    if (event.kind === "host-log" && event.message === LOG.drainBegun) drain.begunAt ??= event.at;
    if (event.kind === "action-closed" && event.hook === terminateHook) drain.completedAt ??= event.at;
    if (event.kind === "instance-state" && event.state === "Terminated") {
      drain.goneAt = event.at;
      open.delete(event.instance);
    }
  }
  return drains;
}
