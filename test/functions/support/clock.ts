import { type Clock, systemClock } from "../../../functions/shared/lambda/clock";

/** Real timers, but a date that stands still. */
export const clockAt = (now: number): Clock => ({ ...systemClock, now: () => now });
