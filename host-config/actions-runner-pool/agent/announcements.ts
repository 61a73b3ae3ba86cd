/** What the runner writes down about its jobs, read back. Pure parsers over the tails of two files. */

export interface Announcement {
  state: "idle" | "busy";
  /** Ms since the epoch; the listener stamps whole seconds. */
  at?: number;
  line: string;
}

/**
 * The listener writes `2026-11-22 10:00:00Z: Running job: NAME`; the stamp is optional here, the wording is not. The
 * service host says when it has started another listener: what the last one had announced, that one does not run. After
 * a crash it may take minutes until it says "Listening", as GitHub holds the dead one's session against it.
 */
const LINE =
  /^(?:(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})Z: )?(Running job: |Listening for Jobs|Job .* completed with result: |Started listener process, pid: )/;

/** The last announcement in the text. A job may be *named* after an announcement, so only the beginning of a line counts. */
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

/** Messages that never bring a job. An unknown one counts as a job: at worst that is a short wait for nothing. */
const NO_JOB = /Cancel|Refresh|Migration|Shutdown|Metadata/i;
const MARK = /^MessageReceived_([^:]+):(\S+)$/;
/** From here on the job shows itself by other signs: it is announced, and then there is its worker. */
const SPAWNING = /^StartingWorkerProcess:/;

/**
 * When the last message that may hold a job arrived, in ms since the epoch; undefined if its worker was begun. Lines are
 * `counter:ISO 8601 time`.
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
