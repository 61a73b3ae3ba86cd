import { Cron } from "croner";

/** A floor that holds for some time after each time that a cron expression names. */
export interface Schedule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  /** Of the cron expression, as the IANA database names it, e.g. Europe/Berlin. */
  timeZone: string;
  /** Seconds for which the floor holds from each of these times on. */
  duration: number;
  /** Instances that the group keeps in service meanwhile. */
  minSize: number;
}

/** Seconds: the scaler runs each minute, so that a shorter floor might pass unseen. */
const SHORTEST = 60;
/** Seconds: a week. A floor that holds for longer is the group's own minSize. */
const LONGEST = 604_800;

/**
 * The first time of a schedule after `after`; null if none comes. A time that a change to summer time skips is replaced by the moment
 * of the change, and one that occurs twice in autumn counts once, unless the expression repeats within the hour.
 */
export function nextTime({ cron, timeZone }: Pick<Schedule, "cron" | "timeZone">, after = new Date()): Date | null {
  return new Cron(cron, { timezone: timeZone, mode: "5-part", paused: true }).nextRun(after);
}

/** What is wrong with a schedule, as the end of a sentence about it; undefined if it is valid. */
export function scheduleProblem(schedule: Schedule): string | undefined {
  const { cron, timeZone, duration, minSize } = schedule;
  if (!isTimeZone(timeZone))
    return `timeZone ${shown(timeZone)} is not a time zone of the IANA database: use one such as Europe/Berlin or UTC`;
  const fault = cronFault(schedule);
  if (fault !== undefined) return `cron ${shown(cron)} ${fault}: use five fields such as 0 8 * * 1-5`;
  if (!Number.isInteger(duration) || duration < SHORTEST || duration > LONGEST)
    return `duration ${shown(duration)} is outside ${SHORTEST} to ${LONGEST}: use whole seconds in this range`;
  if (!Number.isInteger(minSize) || minSize < 1)
    return `minSize ${shown(minSize)} is not a whole number of at least 1: use one, or omit the schedule`;
  return undefined;
}

function isTimeZone(name: unknown): boolean {
  if (typeof name !== "string" || name === "") return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** @param schedule with a valid time zone. */
function cronFault(schedule: Schedule): string | undefined {
  // Also accepted by the parser, but not meant: dates, and names such as @daily.
  if (typeof schedule.cron !== "string" || schedule.cron.trim().split(/\s+/).length !== 5) return "does not have five fields";
  try {
    // Also finds dates that never come, such as 30 February.
    return nextTime(schedule) === null ? "names a time that never comes" : undefined;
  } catch {
    return "is not a cron expression";
  }
}

const shown = (value: unknown) => JSON.stringify(value) ?? String(value);
