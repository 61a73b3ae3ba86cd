/** After how long GitHub removes a runner that has not been connected, in ms. */
export interface AbsenceLimits {
  /** 14 days. */
  absenceMs: number;
  /** Of an ephemeral one: one day. */
  ephemeralAbsenceMs: number;
}

/**
 * Runners that are offline, those that have been it for longest first. The kinds are apart, because each has its own limit; in each, only
 * the first ones have to be compared with the clock.
 */
export class Absences<R extends { readonly ephemeral: boolean }> {
  private readonly ephemeral = new Map<R, number>();
  private readonly persistent = new Map<R, number>();

  constructor(private readonly limits: AbsenceLimits) {}

  /** It went offline, or was registered and has never been connected. */
  begin(runner: R, now: number): void {
    this.end(runner);
    (runner.ephemeral ? this.ephemeral : this.persistent).set(runner, now);
  }

  /** It is connected, or removed. */
  end(runner: R): void {
    this.ephemeral.delete(runner);
    this.persistent.delete(runner);
  }

  /** Those that GitHub has removed by now. */
  over(now: number): R[] {
    const { ephemeralAbsenceMs, absenceMs } = this.limits;
    return [...longerThan(this.ephemeral, now - ephemeralAbsenceMs), ...longerThan(this.persistent, now - absenceMs)];
  }
}

function longerThan<R>(offline: ReadonlyMap<R, number>, before: number): R[] {
  const found: R[] = [];
  for (const [runner, since] of offline) {
    if (since > before) break;
    found.push(runner);
  }
  return found;
}
