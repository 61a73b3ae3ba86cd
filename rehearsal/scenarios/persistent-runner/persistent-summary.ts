import type { Spread } from "../../report/common-figures";
import type { PersistentFigures } from "./persistent-figures";

/** The table at the end of a persistent machine's rehearsal. */
export function persistentSummary(f: PersistentFigures): string {
  const rows: [string, string][] = [
    ["jobs", `${f.jobs.succeeded} of ${f.jobs.queued} succeeded, ${f.jobs.lost} lost`],
    ["runs", `${f.runs}, of which ${f.sharedRuns} shared the machine`],
    ["machine", `${f.starts} starts, ${f.stops} stops, ${f.leftRunning === 0 ? "off" : "still running"} after the last run`],
    ["ready", ready(f.readyMs)],
    ["cache", `${f.cacheHits} builds found an earlier one's result`],
    ["calls to AWS", calls(f.apiCalls)],
    [
      "engine",
      `Pulumi ${f.engine.version}, ${f.engine.resources} resources; preview ${f.engine.seconds.preview} s, up ${f.engine.seconds.up} s, destroy ${f.engine.seconds.destroy} s`,
    ],
    ["second up", `${f.engine.secondUpChanges} changes`],
    ["denied", String(f.denied.length)],
    ["kept", f.retained.join(", ") || "nothing"],
    ["left over", String(f.leftovers.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const details = [
    ...f.denied.map((d) => `  denied: ${d.principal} may not ${d.action} on ${d.resource}`),
    ...f.leftovers.map((left) => `  left over: ${left}`),
  ];
  const result = f.failures.length === 0 ? "Nothing shared, lost, denied, left running or left over." : `FAILED: ${f.failures.join("; ")}`;
  return `${[...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`), ...details].join("\n")}\n\n${result}`;
}

function ready({ count, p50, max }: Spread): string {
  if (count === 0) return "no job on the machine (start to first job)";
  return `median ${(p50 / 1000).toFixed(1)} s, max ${(max / 1000).toFixed(1)} s of ${count} (start to first job)`;
}

function calls(apiCalls: PersistentFigures["apiCalls"]): string {
  return Object.entries(apiCalls)
    .map(([principal, byAction]) => `${Object.values(byAction).reduce((sum, n) => sum + n, 0)} by ${principal}`)
    .join(", ");
}
