/** Divides events into calls of PutLogEvents, within each of its limits. Pure. */
import type { LogEvent } from "./event";

/** Limits of a call, and the bytes that CloudWatch Logs counts for each event besides its text. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const EVENT_BYTES = 26;
const LONGEST_SPAN_MS = 24 * 3_600_000;

/** Outside of 14 days before and 2 hours after its own time CloudWatch Logs drops an event. An hour less, for clocks and retries. */
const OLDEST_MS = (14 * 24 - 1) * 3_600_000;
const NEWEST_MS = 3_600_000;

export function sizeOf({ text }: LogEvent): number {
  return Buffer.byteLength(text) + EVENT_BYTES;
}

/** In order of time within each batch, as a call must be. Events of one time keep their order. */
export function batches(events: readonly LogEvent[], now: number): LogEvent[][] {
  const inTime = events.map((event) => (isAccepted(event.time, now) ? event : { ...event, time: now }));
  const result: LogEvent[][] = [];
  let bytes = 0;
  for (const event of inTime.sort((a, b) => a.time - b.time)) {
    const size = sizeOf(event);
    const last = result.at(-1);
    if (last !== undefined && last.length < MOST_EVENTS && bytes + size <= MOST_BYTES && event.time - last[0]!.time < LONGEST_SPAN_MS) {
      last.push(event);
      bytes += size;
    } else {
      result.push([event]);
      bytes = size;
    }
  }
  return result;
}

function isAccepted(time: number, now: number): boolean {
  return time > now - OLDEST_MS && time < now + NEWEST_MS;
}
