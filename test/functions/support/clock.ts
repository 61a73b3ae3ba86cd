import { type Clock, systemClock } from "../../../functions/shared/lambda/clock";

/** Real timers with a fixed date. */
export const clockAt = (now: number): Clock => ({ ...systemClock, now: () => now });
