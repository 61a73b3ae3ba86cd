/**
 * Time that nobody can set. The system's clock may jump (a wrong clock that is put right, a leap by hand), and a drain
 * that then takes an hour for past would give up its job, one that waits for a time of day would wait an hour longer.
 */
import type { HostClock, JobSigns } from "./ports";

/** Runs on from the time of day at its making, in ms since the epoch; it stands still while the machine is suspended. */
export function steadyClock(timeOfDay: () => number = Date.now, monotonic: () => number = () => performance.now()): HostClock {
  const begun = timeOfDay() - monotonic();
  return {
    now: () => begun + monotonic(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

/** The runner stamps what it writes with the time of day; this tells the stamps in the clock's time, as of now. */
export function steadySigns(signs: JobSigns, clock: Pick<HostClock, "now">, timeOfDay: () => number = Date.now): JobSigns {
  return {
    async read() {
      const seen = await signs.read();
      const ahead = timeOfDay() - clock.now();
      return {
        ...seen,
        announcedAt: seen.announcedAt === undefined ? undefined : seen.announcedAt - ahead,
        messageAt: seen.messageAt === undefined ? undefined : seen.messageAt - ahead,
      };
    },
  };
}
