/** Events of a log stream, as text. Pure. */

export interface LogEvent {
  /** Milliseconds since the epoch. */
  time: number;
  text: string;
}

export interface Line {
  /** Where it comes from: a unit, or a file. */
  source: string;
  /** Of a line in the journal, as the kernel told journald: a program that writes there cannot change it. */
  uid?: number;
  /** Of a line in a file of several. */
  file?: string;
  message: string;
}

/** Bytes of an event's text. CloudWatch Logs takes more, but a single line of a job must not displace thousands of others. */
export const LONGEST_EVENT = 64 * 1024;

const CUT = " … (cut)";

/**
 * One JSON object, so that CloudWatch Logs finds its fields. A structured line of root's programs is embedded as `log`, where a
 * job's line never is: it cannot be mistaken for one of the agent's. Nor for a metric: CloudWatch reads those at the top only.
 */
export function textOf(line: Line): string {
  const log = line.uid === 0 ? jsonObject(line.message) : undefined;
  if (log !== undefined) {
    const text = JSON.stringify({ source: line.source, log });
    if (Buffer.byteLength(text) <= LONGEST_EVENT) return text;
  }
  let text = JSON.stringify(line);
  for (let kept = line.message.length; Buffer.byteLength(text) > LONGEST_EVENT; ) {
    // A character takes up to six bytes, so that one step may not be enough.
    kept = Math.floor(Math.min(kept * 0.9, (kept * LONGEST_EVENT) / Buffer.byteLength(text)));
    text = JSON.stringify({ ...line, message: line.message.slice(0, kept) + CUT });
  }
  return text;
}

function jsonObject(text: string): object | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of what a line's own stamp may differ from the time of its reading. More is a clock that was set, or a job's claim. */
const STAMP_PAST_MS = 3_600_000;
const STAMP_FUTURE_MS = 60_000;

/** The time at the begin of a line of the runner: `2026-11-29 15:00:00Z: …` or `[2026-11-29 15:00:00Z INFO …`. */
export function stampOf(line: string, now: number): number | undefined {
  const [, date, time] = /^\[?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)Z\b/.exec(line) ?? [];
  if (date === undefined) return undefined;
  const at = Date.parse(`${date}T${time}Z`);
  return at > now - STAMP_PAST_MS && at < now + STAMP_FUTURE_MS ? at : undefined;
}
