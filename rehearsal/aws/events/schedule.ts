const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Interval of `rate(5 minutes)` in milliseconds. `cron(...)` is refused: nothing here is scheduled by the calendar. */
export function rateMs(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  const count = Number(match?.[1]);
  if (!match || count < 1) throw new Error(`schedule ${expression}: the rehearsal runs rate(N minutes|hours|days) with N of at least 1`);
  // AWS insists on the grammar: rate(1 minute), rate(5 minutes).
  if ((count === 1) !== (match[3] === "")) {
    throw new Error(`schedule ${expression}: AWS wants the singular for 1 and the plural for more, rate(1 minute) or rate(5 minutes)`);
  }
  return count * (UNIT_MS[match[2] ?? ""] ?? 0);
}
