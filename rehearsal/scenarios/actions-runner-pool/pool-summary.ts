import type { Spread } from "../../report/common-figures";
import type { PoolFigures } from "./pool-figures";

/** The table at the end of a pool's rehearsal. */
export function poolSummary(f: PoolFigures): string {
  const rows: [string, string][] = [
    ["jobs", `${f.jobs.succeeded} of ${f.jobs.queued} succeeded, ${f.jobs.lost} lost, ${f.jobs.requeued} requeued`],
    ["queue", queue(f.queueMs)],
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
    ["denied", String(f.denied.length)],
    ["left over", String(f.leftovers.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
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

/** In seconds: unlike the other times it is mostly that of a machine's boot. */
function queue(s: Spread): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  if (s.count === 0) return "no job started (queued to started)";
  return `median ${seconds(s.p50)} s, p95 ${seconds(s.p95)} s, p99 ${seconds(s.p99)} s, max ${seconds(s.max)} s of ${s.count} (queued to started)`;
}

function total(calls: Record<string, number>): number {
  return Object.values(calls).reduce((sum, n) => sum + n, 0);
}
