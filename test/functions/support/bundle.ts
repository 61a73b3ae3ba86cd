import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Run {
  code: number | null;
  stderr: string;
  /** Every JSON line of both outputs: log lines (warnings and errors go to standard error) and metrics. */
  lines: Record<string, any>[];
}

/** Runs a bundle's handler with these events in a separate process, with only PATH and these environment variables. */
export async function runBundle(file: string, environment: Record<string, string>, events: unknown[]): Promise<Run> {
  const child = spawn(process.execPath, [join(__dirname, "invoke.mjs"), pathToFileURL(file).href], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  child.stdin.end(JSON.stringify(events));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const lines = `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return { code, stderr, lines };
}

/** The log messages, without metrics. */
export const messages = (run: Run): string[] => run.lines.flatMap(({ message }) => (typeof message === "string" ? [message] : []));

/** Metric values by name. Also checks that the component is the only dimension, as the alarms require. */
export function metrics(run: Run, dimension = "Pool"): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of run.lines) {
    for (const { Namespace, Dimensions, Metrics } of line._aws?.CloudWatchMetrics ?? []) {
      if (Namespace !== "CiRunners" || JSON.stringify(Dimensions) !== JSON.stringify([[dimension]])) {
        throw new Error(`metrics under ${Namespace} ${JSON.stringify(Dimensions)}: no alarm reads these`);
      }
      for (const { Name } of Metrics) found[Name] = line[Name];
    }
  }
  return found;
}
