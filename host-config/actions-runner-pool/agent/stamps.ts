/**
 * The runner stamps what it writes with the time of day, which may jump; the agent's clock does not. Here the stamps are
 * converted to the clock's time.
 */
import { ACQUIRE_BOUND_MS, WORKERLESS_BOUND_MS } from "./in-flight";
import type { HostClock } from "../../shared/ports/clock";
import type { JobSigns, Signs } from "./ports/job-signs";

/**
 * How long a sign that looks out of date is believed all the same at a first look. If the clock was set forward a moment
 * ago it is not: the job was announced just now and its worker starts within seconds. Real ones are rare, because a
 * listener says what became of nearly every job.
 */
export const DOUBT_MS = 30_000;
/** The listener stamps whole seconds. */
const STAMP_MS = 1_000;

type Stamp = "announcedAt" | "messageAt";
type Stamps = Partial<Record<Stamp, number>>;

/**
 * The runner stamps what it writes with the time of day; this tells the stamps in the clock's time. A stamp keeps what
 * it was first taken for, whatever the time of day does afterwards, and a stamp that was not there at the last look is
 * younger than that look. Only of what was there before the first look nobody can know when it was written by another
 * clock: then a job is believed in, for as long as its sign allows.
 */
export function withClockStamps(signs: JobSigns, clock: Pick<HostClock, "now">, timeOfDay: () => number = Date.now): JobSigns {
  let last: { at: number; listener: number; raw: Stamps; told: Stamps } | undefined;
  const converted = (seen: Signs): Signs => {
    const { listener } = seen;
    if (listener === undefined) {
      last = undefined;
      return seen;
    }
    const now = clock.now();
    const ahead = timeOfDay() - now;
    const before = last?.listener === listener ? last : undefined;
    const told = before ? laterLook(seen, ahead, now, before) : firstLook(seen, ahead, now);
    last = { at: now, listener, raw: { announcedAt: seen.announcedAt, messageAt: seen.messageAt }, told };
    return { ...seen, announcedAt: told.announcedAt, messageAt: told.messageAt };
  };
  return { read: () => signs.read().then(converted) };
}

function laterLook(seen: Signs, ahead: number, now: number, before: { at: number; raw: Stamps; told: Stamps }): Stamps {
  const tell = (stamp: Stamp) => {
    const raw = seen[stamp];
    if (raw === undefined) return undefined;
    if (raw === before.raw[stamp]) return before.told[stamp];
    return Math.min(Math.max(raw - ahead, before.at - STAMP_MS), now);
  };
  return { announcedAt: tell("announcedAt"), messageAt: tell("messageAt") };
}

function firstLook({ announced, announcedAt, messageAt }: Signs, ahead: number, now: number): Stamps {
  const at = announcedAt === undefined ? undefined : announcedAt - ahead;
  const message = messageAt === undefined ? undefined : messageAt - ahead;
  const [said, came] = putInThePast(at, message, now);
  return {
    announcedAt: announced === "busy" && said !== undefined ? Math.max(said, now - WORKERLESS_BOUND_MS + DOUBT_MS) : said,
    messageAt: came !== undefined && (said === undefined || came >= said) ? Math.max(came, now - ACQUIRE_BOUND_MS + DOUBT_MS) : came,
  };
}

/**
 * What lies in the future was written before the clock was set back, be it by milliseconds. Of two such the order still
 * holds; of one nobody knows whether the other came before or after it, so the message is taken for the later one.
 */
function putInThePast(said: number | undefined, came: number | undefined, now: number): [number | undefined, number | undefined] {
  const future = (time: number | undefined) => time !== undefined && time > now;
  if (future(said) && future(came)) {
    const excess = Math.max(said!, came!) - now;
    return [said! - excess, came! - excess];
  }
  if (future(said)) return [came ?? now, came];
  if (future(came)) return [said, now];
  return [said, came];
}
