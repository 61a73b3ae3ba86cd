/** Parsers for what the runner writes about its jobs, over the tails of two files. Pure. */

export interface Announcement {
  state: "idle" | "busy";
  /** It announces the end of a job. */
  jobEnded?: boolean;
  /** Ms since the epoch; the listener writes whole seconds. Absent only for the start of a process. */
  at?: number;
  line: string;
}

/** What the listener itself says, in its wording: `2026-11-22 10:00:00Z: Running job: NAME`. */
const STAMPED = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})Z: (Running job: |Listening for Jobs$|Job )/;
/** How `Job NAME completed with result: RESULT` ends, which is all of its last line that does not depend on the name. */
const ENDED = / completed with result: [A-Za-z]+$/;
/**
 * The service host logs the start of another listener, without a time. That listener does not run what its predecessor
 * announced; after a crash it may take minutes until it writes "Listening", because GitHub still holds the old session.
 */
const STARTED = /^Started listener process, pid: \d+$/;

/**
 * The last announcement in the text. The listener prints the names of jobs raw, and they may contain line breaks and any
 * text: so an announcement begins with the listener's own timestamp, and the end of a job is one announcement up to the
 * line with its result, whatever is in between. A name with a forged timestamp can still pass for an announcement; that
 * concerns its own job only, and what it pretends to announce expires (in-flight.ts).
 *
 * @param latest when the text was last added to, in ms since the epoch: no announcement is younger
 */
export function lastAnnouncement(text: string, latest = Infinity): Announcement | undefined {
  // Only a line break's own \r: a name may begin with a line break, and "Running job: " then ends with its space.
  const lines = text.split(/\r?\n/);
  let last: Announcement | undefined;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (STARTED.test(line)) last = { state: "idle", line };
    const match = STAMPED.exec(line);
    if (!match) continue;
    const at = Math.min(Date.parse(`${match[1]}T${match[2]}Z`), latest);
    // A date that does not exist.
    if (Number.isNaN(at)) continue;
    if (match[3] !== "Job ") {
      last = { state: match[3] === "Running job: " ? "busy" : "idle", at, line };
      continue;
    }
    const result = lineOfResult(lines, index);
    // The listener is still writing it, or it is part of a name.
    if (result === undefined) continue;
    last = { state: "idle", jobEnded: true, at, line };
    index = result;
  }
  return last;
}

function lineOfResult(lines: readonly string[], from: number): number | undefined {
  for (let index = from; index < lines.length; index++) if (ENDED.test(lines[index]!)) return index;
  return undefined;
}

/** Messages that never carry a job. An unknown type counts as a job; at worst that costs a short, needless wait. */
export const NO_JOB = /Cancel|Refresh|Migration|Shutdown|Metadata/i;
const MARK = /^MessageReceived_([^:]+):(\S+)$/;
/** From here on other signs show the job: the announcement, then the worker. */
const SPAWNING = /^StartingWorkerProcess:/;

/**
 * When the last message that may carry a job arrived, in ms since the epoch; undefined if its worker has started. Lines
 * are `counter:ISO 8601 time`.
 */
export function lastJobMessage(text: string): number | undefined {
  const lines = text.split("\n");
  for (let index = lines.length - 1; index >= 0; index--) {
    if (SPAWNING.test(lines[index]!)) return undefined;
    const match = MARK.exec(lines[index]!.trimEnd());
    if (!match || NO_JOB.test(match[1]!)) continue;
    const at = Date.parse(match[2]!);
    if (!Number.isNaN(at)) return at;
  }
  return undefined;
}
