import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { METRIC, POOL_DIMENSION, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../contract/actions-runner-pool/metrics";
import { SOURCE_METRIC, WORKFLOW_JOBS_DIMENSION } from "../../contract/workflow-jobs/metrics";

const ROOT = resolve(__dirname, "../..");

/** Programs, and the one dimension with which their handler or their agent publishes every metric. */
const PROGRAMS: Record<string, string> = {
  "functions/actions-runner-pool": POOL_DIMENSION,
  "host-config/actions-runner-pool": POOL_DIMENSION,
  "functions/workflow-jobs": WORKFLOW_JOBS_DIMENSION,
};

const CONTRACTS: Record<string, Record<string, string>> = { METRIC, SCALE_METRIC, SOURCE_METRIC };

/** Every metric that some program publishes, as `<dimension>/<name>`, found by the contract's name for it in the program's sources. */
export function emittedMetrics(): Set<string> {
  const found = new Set<string>();
  for (const [folder, dimension] of Object.entries(PROGRAMS)) {
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const source = readFileSync(join(ROOT, folder, file), "utf8");
      for (const [, contract, key] of source.matchAll(/\b(METRIC|SCALE_METRIC|SOURCE_METRIC)\.(\w+)/g)) {
        found.add(`${dimension}/${CONTRACTS[contract!]![key!]}`);
      }
      // All causes are published together.
      if (/\bWAIT_CAUSE_METRIC\b/.test(source)) for (const name of Object.values(WAIT_CAUSE_METRIC)) found.add(`${dimension}/${name}`);
    }
  }
  return found;
}
