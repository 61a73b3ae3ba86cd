/**
 * The runner's timestamps are in the time of day, which may jump; the agent's clock is monotonic. This converts the
 * timestamps to the agent's clock.
 */
import { ACQUIRE_BOUND_MS, WORKERLESS_BOUND_MS } from "./in-flight";
import type { HostClock } from "../../shared/ports/clock";
import type { JobSigns, Signs } from "./ports/job-signs";

/**
 * How long a sign that seems expired still counts at the first reading. If the clock was set forward a moment ago, it has
 * not expired: the job was announced just now, and its worker starts within seconds. Signs that really expired are rare,
 * because a listener logs the end of nearly every job.
 */
export const DOUBT_MS = 30_000;
/** Resolution of the listener's timestamps. */
const STAMP_MS = 1_000;

type Stamp = "announcedAt" | "messageAt";
type Stamps = Partial<Record<Stamp, number>>;

/**
 * Converts the timestamps of `signs` to the clock's time. A timestamp keeps its first conversion, whatever the time of day
 * does afterwards and even if some readings do not find it, and one that is new since the last reading is later than that reading. For those that existed before
 * the first reading, the time of day at which they were written is unknown: they count as a job for as long as their sign
 * allows.
 */
export function withClockStamps(signs: JobSigns, clock: Pick<HostClock, "now">, timeOfDay: () => number = Date.now): JobSigns {
  let last: { at: number; listener: number; raw: Stamps; converted: Stamps } | undefined;
  const convert = (seen: Signs): Signs => {
    const { listener } = seen;
    if (listener === undefined) {
      last = undefined;
      return seen;
    }
    const now = clock.now();
    const ahead = timeOfDay() - now;
    const before = last?.listener === listener ? last : undefined;
    const skipped = seen.messageAt === undefined ? seen.skippedMessageAt : undefined;
    const raw: Stamps = { announcedAt: seen.announcedAt, messageAt: seen.messageAt ?? skipped };
    const converted = before ? laterReading(raw, ahead, now, before) : firstReading(seen, ahead, now);
    if (!before && skipped !== undefined) converted.messageAt = Math.min(skipped - ahead, now);
    last = { at: now, listener, raw: latest(raw, before?.raw), converted: latest(converted, before?.converted) };
    return { ...seen, announcedAt: converted.announcedAt, messageAt: skipped === undefined ? converted.messageAt : undefined };
  };
  return { read: () => signs.read().then(convert) };
}

/** A timestamp that is not there now may come back, as that of a skipped message does once the log has moved on. */
function latest(seen: Stamps, before: Stamps = {}): Stamps {
  return { announcedAt: seen.announcedAt ?? before.announcedAt, messageAt: seen.messageAt ?? before.messageAt };
}

function laterReading(seen: Stamps, ahead: number, now: number, before: { at: number; raw: Stamps; converted: Stamps }): Stamps {
  const convert = (stamp: Stamp) => {
    const raw = seen[stamp];
    if (raw === undefined) return undefined;
    if (raw === before.raw[stamp]) return before.converted[stamp];
    return Math.min(Math.max(raw - ahead, before.at - STAMP_MS), now);
  };
  return { announcedAt: convert("announcedAt"), messageAt: convert("messageAt") };
}

function firstReading({ announced, announcedAt, messageAt }: Signs, ahead: number, now: number): Stamps {
  const rawAnnouncement = announcedAt === undefined ? undefined : announcedAt - ahead;
  const rawMessage = messageAt === undefined ? undefined : messageAt - ahead;
  const [announcement, message] = shiftToPast(rawAnnouncement, rawMessage, now);
  return {
    announcedAt:
      announced === "busy" && announcement !== undefined ? Math.max(announcement, now - WORKERLESS_BOUND_MS + DOUBT_MS) : announcement,
    messageAt:
      message !== undefined && (announcement === undefined || message >= announcement)
        ? Math.max(message, now - ACQUIRE_BOUND_MS + DOUBT_MS)
        : message,
  };
}

/**
 * A timestamp in the future was written before the clock was set back, if only by milliseconds. If both are in the future,
 * their order still holds. If only one is, the order is unknown, and the message counts as the later one.
 */
function shiftToPast(announcement: number | undefined, message: number | undefined, now: number): [number | undefined, number | undefined] {
  const future = (time: number | undefined) => time !== undefined && time > now;
  if (future(announcement) && future(message)) {
    const excess = Math.max(announcement!, message!) - now;
    return [announcement! - excess, message! - excess];
  }
  if (future(announcement)) return [message ?? now, message];
  if (future(message)) return [announcement, now];
  return [announcement, message];
}
