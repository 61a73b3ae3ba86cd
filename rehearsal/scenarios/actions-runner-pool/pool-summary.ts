import type { Spread } from "../../report/common-figures";
import { lostDeliveriesText } from "./demand-figures";
import type { PoolFigures } from "./pool-figures";
import { teamRows } from "./team-figures";

/** Columns of the table; longer values continue on the next line. */
const WIDTH = 100;

/** The table at the end of a pool's rehearsal. */
export function poolSummary(f: PoolFigures): string {
  const rows: [string, string][] = [
    ["jobs", `${f.jobs.succeeded} of ${f.jobs.queued} succeeded, ${f.jobs.lost} lost, ${f.jobs.requeued} requeued`],
    ["queue", queue(f.queueMs)],
    ...demand(f),
    ["scale-ins", `${f.scaleIns.completed} of ${f.scaleIns.requested} completed, ${f.scaleIns.hitBusy} hit a busy instance`],
    ["all drains", `${f.terminations.finished} of ${f.terminations.started} finished, ${f.terminations.hitBusy} with a job in flight`],
    ["detect", spread(f.latencyMs.detect, "Terminating:Wait to drain begun")],
    ["tail", spread(f.latencyMs.tail, "last job's end to completed action")],
    ["job-started hook", spread(f.latencyMs.hookStarted, "added to a job")],
    [
      "calls to AWS",
      Object.entries(f.apiCalls)
        .map(([principal, calls]) => `${total(calls)} by ${principal}`)
        .join(", "),
    ],
    [
      "engine",
      `Pulumi ${f.engine.version}, ${f.engine.resources} resources; preview ${f.engine.seconds.preview} s, up ${f.engine.seconds.up} s, destroy ${f.engine.seconds.destroy} s`,
    ],
    ["second up", `${f.engine.secondUpChanges} changes`],
    ...teamRows(f),
    ["denied", String(f.denied.length)],
    ["left over", String(f.leftovers.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${wrapped(value, width + 2)}`).join("\n");
  const details = [
    ...f.denied.map((d) => `  denied: ${d.principal} may not ${d.action} on ${d.resource}`),
    ...f.leftovers.map((left) => `  left over: ${left}`),
    ...f.drift.map((drift) => `  drift: ${drift}`),
  ];
  const result = f.failures.length === 0 ? "Nothing lost, stuck, denied or left over." : `FAILED: ${f.failures.join("; ")}`;
  return `${[table, ...details].join("\n")}\n\n${result}`;
}

function spread(s: Spread, what: string): string {
  return s.count === 0 ? `nothing measured (${what})` : `median ${s.p50} ms, p99 ${s.p99} ms, max ${s.max} ms of ${s.count} (${what})`;
}

function demand({ scaler, lostDeliveries }: PoolFigures): [string, string][] {
  if (!scaler) return [];
  const { peak, launches, passes, seconds } = scaler;
  const followed = `0 to ${peak} to 0 in service in ${seconds} s, ${launches} launches, ${passes} passes of the scaler`;
  return [["follows queue", `${followed}; ${lostDeliveriesText(lostDeliveries)} found`]];
}

/** In seconds: unlike the other times it is mostly that of a machine's boot. */
function queue(s: Spread): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  if (s.count === 0) return "no job started (queued to started)";
  return `median ${seconds(s.p50)} s, p95 ${seconds(s.p95)} s, p99 ${seconds(s.p99)} s, max ${seconds(s.max)} s of ${s.count} (queued to started)`;
}

/** Broken between words where the line would become too long; later lines begin in the column of the first. */
function wrapped(text: string, column: number): string {
  let at = column;
  return text
    .split(" ")
    .map((word, index) => {
      const fits = index === 0 || at + 1 + word.length <= WIDTH;
      const separator = index === 0 ? "" : fits ? " " : `\n${" ".repeat(column)}`;
      at = fits ? at + separator.length + word.length : column + word.length;
      return separator + word;
    })
    .join("");
}

function total(calls: Record<string, number>): number {
  return Object.values(calls).reduce((sum, n) => sum + n, 0);
}
