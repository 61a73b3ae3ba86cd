import type { Comparison, Experiment } from "./compare";
import type { Figures, Waits } from "./figures";

export const COLUMNS: readonly { head: string; cell(figures: Figures): string }[] = [
  { head: "cost / B2", cell: ({ cost }) => cost.toFixed(2) },
  { head: "mean s", cell: ({ wait }) => shown(wait.mean) },
  { head: "p50", cell: ({ wait }) => shown(wait.p50) },
  { head: "p95", cell: ({ wait }) => shown(wait.p95) },
  { head: "p99", cell: ({ wait }) => shown(wait.p99) },
  { head: "max", cell: ({ wait }) => shown(wait.max) },
  { head: "launches", cell: ({ launches }) => String(launches) },
  { head: "/ B2's", cell: ({ launchRatio }) => launchRatio.toFixed(2) },
  { head: "/ job", cell: ({ launchesPerJob }) => launchesPerJob.toFixed(2) },
  { head: "lost", cell: ({ lost }) => String(lost) },
  { head: "behind s", cell: ({ behind }) => String(behind) },
  { head: "settled s", cell: ({ settled }) => shown(settled) },
];

/** Name of the experiment, as a heading. */
export function titleOf({ load, boots, outage, seeds }: Experiment): string {
  return `${load}, ${boots} boots, ${outage ? "GitHub down for 20 minutes, " : ""}seeds ${seeds.first} to ${seeds.last}`;
}

/** The figures of a mean day, which no rule changes. */
export function dayOf({ day }: Comparison): string {
  return (
    `A day has ${day.jobs} jobs on average, at most ${day.peak} at once. B1, the work: ${day.work} h. B3, a bound for waits of up to ` +
    `60 s: ${day.relaxed} h. B2, the optimum without waits: ${day.optimum} h and ${day.launches} launches.`
  );
}

export function cells({ rules, outage }: Comparison): string[][] {
  const rows = rules.map(({ name, figures }) => [name, ...COLUMNS.map(({ cell }) => cell(figures))]);
  if (!outage) return rows;
  const raw = rules.map(({ name, figures }) => [
    `${name}, outage included`,
    ...COLUMNS.map(({ cell }, index) => (isWait(index) ? cell({ ...figures, wait: figures.rawWait }) : "")),
  ]);
  return [...rows, ...raw];
}

export function textTable(comparison: Comparison): string {
  const rows = [["", ...COLUMNS.map(({ head }) => head)], ...cells(comparison)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  ");
  return `${titleOf(comparison)}\n${dayOf(comparison)}\n\n${rows.map(line).join("\n")}\n`;
}

const WAITS: ReadonlySet<string> = new Set(["mean s", "p50", "p95", "p99", "max"]);
const isWait = (column: number) => WAITS.has(COLUMNS[column]!.head);

export function shown(value: Waits["mean"]): string {
  return value === null ? "never" : String(value);
}
