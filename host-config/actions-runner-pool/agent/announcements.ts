/** Parsers for what the runner writes about its jobs, over the tails of two files. Pure. */

export interface Announcement {
  state: "idle" | "busy";
  /** Ms since the epoch; the listener writes whole seconds. */
  at?: number;
  line: string;
}

/**
 * The listener writes `2026-11-22 10:00:00Z: Running job: NAME`; the timestamp is optional here, the wording is not. The
 * service host logs the start of another listener, which does not run what its predecessor announced. After a crash it may
 * take minutes until the new listener writes "Listening", because GitHub still holds the old one's session.
 */
const LINE =
  /^(?:(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})Z: )?(Running job: |Listening for Jobs|Job .* completed with result: |Started listener process, pid: )/;

/** The last announcement in the text. A job's name may look like an announcement, so only the start of a line counts. */
export function lastAnnouncement(text: string): Announcement | undefined {
  const lines = text.split("\n");
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]!.trimEnd();
    const match = LINE.exec(line);
    if (!match) continue;
    const at = match[1] ? Date.parse(`${match[1]}T${match[2]}Z`) : undefined;
    return { state: match[3] === "Running job: " ? "busy" : "idle", at, line };
  }
  return undefined;
}

/** Messages that never carry a job. An unknown type counts as a job; at worst that costs a short, needless wait. */
const NO_JOB = /Cancel|Refresh|Migration|Shutdown|Metadata/i;
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
