const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Interval of `rate(5 minutes)` in milliseconds. `cron(...)` is rejected: this project uses none. */
export function rateMs(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  const count = Number(match?.[1]);
  if (!match || count < 1)
    throw new Error(`schedule ${expression}: the rehearsal supports only rate(N minutes|hours|days) with N of at least 1`);
  // AWS requires the grammatical form: rate(1 minute), rate(5 minutes).
  if ((count === 1) !== (match[3] === "")) {
    throw new Error(
      `schedule ${expression}: AWS requires the singular for 1 and the plural otherwise, as in rate(1 minute) and rate(5 minutes)`,
    );
  }
  return count * (UNIT_MS[match[2] ?? ""] ?? 0);
}
