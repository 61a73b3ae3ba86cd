/** Reads the job signs: the unit's processes, the listener's announcements, the runner's performance log. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { lastAnnouncement, lastJobMessage } from "./announcements";
import type { JobSigns } from "./ports/job-signs";
import { startedAt } from "../../shared/process-age";
import { listenerAmong, unitProcesses, type UnitProcess } from "./processes";

/** Enough for hundreds of announcements; only the last one counts. */
const TAIL_BYTES = 64 * 1024;

export interface SignSources {
  processes(): UnitProcess[];
  /** The unit's main process, if known. */
  main?: number;
  listenerLog: string;
  perfLog: string;
}

const ON_THIS_HOST: SignSources = {
  processes: () => unitProcesses(),
  // systemd tells it to the stop commands only.
  main: Number(process.env.MAINPID) || undefined,
  listenerLog: PATHS.listenerLog,
  perfLog: join(PATHS.perfLog, "Runner.perf"),
};

export function jobSigns(sources: SignSources = ON_THIS_HOST): JobSigns {
  return {
    async read() {
      // Announcements before processes: a job that is announced and spawned between the two readings shows up in the
      // second; one that ends between them left "busy" in the first.
      const announced = lastAnnouncement(tail(sources.listenerLog));
      const messageAt = lastJobMessage(tail(sources.perfLog));
      const processes = sources.processes();
      const listener = listenerAmong(processes, sources.main);
      const workers = processes.filter(({ comm }) => comm === "Runner.Worker").length;
      if (listener === undefined) return { workers };
      // The line about its start has no timestamp, but every earlier message belongs to another listener.
      const announcedAt = announced?.at ?? (announced?.state === "idle" ? startedAt(listener) : undefined);
      return { listener, workers, announced: announced?.state, announcedAt, line: announced?.line, messageAt };
    },
  };
}

/**
 * The job's user owns the folder of the performance log and could put a pipe or a link there. Neither may make root block
 * or read elsewhere, so anything but a regular file counts as empty.
 */
function tail(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return "";
  }
  try {
    const { size } = fstatSync(file);
    if (!fstatSync(file).isFile()) return "";
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, read);
  } finally {
    closeSync(file);
  }
}
