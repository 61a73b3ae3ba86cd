/** Reads the job signs: the unit's processes, the listener's announcements, the runner's performance and diagnostic logs. */
import { dirname, join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { lastAnnouncement, lastJobMessage } from "./announcements";
import { tail, tailOfOpenFile } from "./log-tail";
import { coverOf } from "../../shared/mounts";
import type { JobSigns } from "./ports/job-signs";
import { startedAt } from "../../shared/process-age";
import { listenerAmong, unitProcesses, type UnitProcess } from "./processes";
import { concerns, DIAGNOSTIC_LOG, lastSkip } from "./skipped-messages";

/** A file's time may lag the wall clock by a tick of the kernel (10 ms), and announcements have whole seconds. */
const RESOLUTION_MS = 1_000;

export interface SignSources {
  processes(): UnitProcess[];
  /** The unit's main process, if known. */
  main?: number;
  listenerLog: string;
  perfLog: string;
  /** Where the kernel shows the files that a process has open. */
  proc: string;
}

const ON_THIS_HOST: SignSources = {
  processes: () => unitProcesses(),
  // systemd tells it to the stop commands only.
  main: Number(process.env.MAINPID) || undefined,
  listenerLog: PATHS.listenerLog,
  perfLog: join(PATHS.perfLog, "Runner.perf"),
  proc: "/proc",
};

export function jobSigns(sources: SignSources = ON_THIS_HOST): JobSigns {
  return {
    async read() {
      // Announcements before processes: a job that is announced and spawned between the two readings shows up in the
      // second; one that ends between them left "busy" in the first.
      const log = tail(sources.listenerLog);
      const announced = lastAnnouncement(log.text, log.changedAt + RESOLUTION_MS);
      const message = readMessage(sources);
      const processes = sources.processes();
      const listener = listenerAmong(processes, sources.main);
      const workers = processes.filter(({ comm }) => comm === "Runner.Worker").length;
      if (listener === undefined) return { workers };
      // A worker shows the job whatever the message would say. Without one the message may be the only sign.
      if ("unreadable" in message && workers === 0) throw message.unreadable;
      const received = "unreadable" in message ? undefined : message.at;
      // The line about its start has no timestamp, but every earlier message belongs to another listener.
      const announcedAt = announced?.at ?? (announced?.state === "idle" ? startedAt(listener) : undefined);
      // After the message: what the listener says about that one message can only be newer.
      const diagnostics = tailOfOpenFile(listener, DIAGNOSTIC_LOG, sources.proc);
      const skip = lastSkip(diagnostics.text, diagnostics.changedAt + RESOLUTION_MS);
      const skipped = received !== undefined && skip !== undefined && concerns(skip, received);
      const { state, jobEnded, line } = announced ?? {};
      const lost = skip?.acknowledged ? skip.at : undefined;
      const times = skipped ? { skippedMessageAt: received } : { messageAt: received };
      return { listener, workers, announced: state, announcedAt, jobEnded, line, ...times, skippedAt: lost };
    },
  };
}

/** The performance log is the only file here that the job's user owns: the job can replace it, or mount something over it. */
function readMessage({ perfLog, proc }: SignSources): { at: number | undefined } | { unreadable: unknown } {
  try {
    const cover = coverOf([dirname(perfLog), perfLog], proc);
    if (cover) throw new Error(`${cover.at} is covered by a file system of type ${cover.type}`);
    return { at: lastJobMessage(tail(perfLog).text) };
  } catch (unreadable) {
    return { unreadable };
  }
}
