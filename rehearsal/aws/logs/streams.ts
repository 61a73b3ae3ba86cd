/** The streams of one log group, and what CloudWatch Logs accepts into them. */
import { AwsError } from "../api";

export interface InputEvent {
  timestamp?: number;
  message?: string;
}

export interface StoredEvent {
  timestamp: number;
  message: string;
  ingestionTime: number;
}

export interface Stream {
  name: string;
  createdAt: number;
  events: StoredEvent[];
}

/** Limits of one PutLogEvents. Each event counts its text and 26 bytes. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const EVENT_BYTES = 26;
/** Of one event, with its 26. It was 256 KB until 2025; the smaller one is less kind. */
const LONGEST_EVENT = 256 * 1024;
const DAY_MS = 24 * 3_600_000;
const OLDEST_MS = 14 * DAY_MS;
const NEWEST_MS = 2 * 3_600_000;

export interface Rejected {
  tooNewLogEventStartIndex?: number;
  tooOldLogEventEndIndex?: number;
  expiredLogEventEndIndex?: number;
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** Stores the batch, or refuses it as a whole. What is too new or too old is dropped, and said in the result. */
export function put(stream: Stream, events: readonly InputEvent[], now: number, retentionDays: number): Rejected | undefined {
  checkBatch(events);
  const accepted = events as readonly Required<InputEvent>[];
  const rejected: Rejected = {};
  accepted.forEach(({ timestamp, message }, index) => {
    // Past the last one that is dropped.
    if (timestamp < now - OLDEST_MS) rejected.tooOldLogEventEndIndex = index + 1;
    else if (retentionDays > 0 && timestamp < now - retentionDays * DAY_MS) rejected.expiredLogEventEndIndex = index + 1;
    else if (timestamp > now + NEWEST_MS) rejected.tooNewLogEventStartIndex ??= index;
    else stream.events.push({ timestamp, message, ingestionTime: now });
  });
  return Object.keys(rejected).length > 0 ? rejected : undefined;
}

function checkBatch(events: readonly InputEvent[]): void {
  if (events.length < 1 || events.length > MOST_EVENTS) {
    throw invalid(
      `1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length ${
        events.length < 1 ? "greater than or equal to 1" : `less than or equal to ${MOST_EVENTS}`
      }`,
    );
  }
  let bytes = 0;
  let before: number | undefined;
  for (const { timestamp, message } of events) {
    if (timestamp === undefined || !Number.isSafeInteger(timestamp) || timestamp < 0) {
      throw invalid(
        "1 validation error detected: Value at 'logEvents.member.timestamp' failed to satisfy constraint: Member must be a time",
      );
    }
    if (message === undefined || message === "") {
      throw invalid(
        "1 validation error detected: Value at 'logEvents.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1",
      );
    }
    const size = Buffer.byteLength(message) + EVENT_BYTES;
    if (size > LONGEST_EVENT) throw invalid(`Log event too large: ${size} bytes exceeds limit of ${LONGEST_EVENT}`);
    bytes += size;
    if (before !== undefined && timestamp < before) {
      throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
    }
    before = timestamp;
  }
  if (bytes > MOST_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MOST_BYTES}`);
  if (before! - events[0]!.timestamp! > DAY_MS) {
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
}

/** Bytes of a page. */
const PAGE_BYTES = 1_048_576;
const PAGE_EVENTS = 10_000;

export interface Page {
  events: StoredEvent[];
  nextForwardToken: string;
  nextBackwardToken: string;
}

export interface PageRequest {
  limit?: number;
  startFromHead?: boolean;
  nextToken?: string;
}

/**
 * A page of GetLogEvents, in order of time. At either end of the stream the token is the one that was given. The first page is
 * empty: a page may be although there are events, and a caller that takes it for the end would see none.
 */
export function pageOf({ events }: Stream, { limit = PAGE_EVENTS, startFromHead = false, nextToken }: PageRequest): Page {
  if (limit < 1 || limit > PAGE_EVENTS) throw invalid(`Value '${limit}' at 'limit' failed to satisfy constraint: 1 to ${PAGE_EVENTS}`);
  const sorted = [...events].sort((a, b) => a.timestamp - b.timestamp);
  const [, direction, position] = /^([fb])\/(\d{1,15})$/.exec(nextToken ?? "") ?? [];
  if (nextToken !== undefined && direction === undefined) throw invalid("The specified nextToken is invalid.");
  const forward = direction === undefined ? startFromHead : direction === "f";
  const from = direction === undefined ? (startFromHead ? 0 : sorted.length) : Math.min(Number(position), sorted.length);
  if (direction === undefined) return { events: [], nextForwardToken: `f/${from}`, nextBackwardToken: `b/${from}` };
  const page = withinBytes(forward ? sorted.slice(from, from + limit) : sorted.slice(Math.max(0, from - limit), from).reverse());
  const [begin, end] = forward ? [from, from + page.length] : [from - page.length, from];
  return { events: forward ? page : page.reverse(), nextForwardToken: `f/${end}`, nextBackwardToken: `b/${begin}` };
}

function withinBytes(events: StoredEvent[]): StoredEvent[] {
  let bytes = 0;
  return events.filter(({ message }, index) => (bytes += Buffer.byteLength(message) + EVENT_BYTES) <= PAGE_BYTES || index === 0);
}
