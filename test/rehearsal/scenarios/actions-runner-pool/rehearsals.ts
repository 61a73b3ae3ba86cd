import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { RECORDS } from "../../../../rehearsal/hosts/systemd/run-record";
import type { PoolFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-figures";

const PROJECT = resolve(__dirname, "../../../..");
/** Several times the usual duration. Detects a hang; not a measurement. */
export const BOUND_MS = 900_000;

export interface Ended {
  code: number | null;
  output: string;
  figures: PoolFigures | undefined;
  report: string;
}

/** Runs the real command as a user would. `watch` is called with each line and may interrupt the process. */
export class Rehearsals {
  private readonly dir = mkdtempSync(join(tmpdir(), "rehearsal-test-"));

  constructor() {
    // The rehearsal that runs as another user writes its report here too.
    chmodSync(this.dir, 0o777);
  }

  run(args: string[], options: { asNobody?: string; watch?: (line: string, pid: number) => void } = {}): Promise<Ended> {
    const json = join(this.dir, "figures.json");
    const report = join(this.dir, "report.html");
    for (const file of [json, report]) rmSync(file, { force: true });
    const node = ["-r", "ts-node/register", "rehearsal/main.ts", ...args, "--json", json, "--report", report];
    const command = options.asNobody
      ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", process.execPath, ...node]
      : [process.execPath, ...node];
    const env = options.asNobody
      ? { PATH: `${options.asNobody}:${process.env.PATH}`, HOME: this.dir, TMPDIR: this.dir }
      : { ...process.env, TMPDIR: this.dir };
    return new Promise((done, fail) => {
      const child = spawn(command[0]!, command.slice(1), { cwd: PROJECT, env, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        for (const line of chunk.toString().split("\n")) options.watch?.(line, child.pid!);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", fail);
      child.on("close", (code) =>
        done({
          code,
          output,
          figures: existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as PoolFigures) : undefined,
          report: existsSync(report) ? readFileSync(report, "utf8") : "",
        }),
      );
    });
  }

  /** What runs have left on this host: folders and records. Other users' runs are not counted. */
  traces(): string[] {
    const records = existsSync(RECORDS) ? readdirSync(RECORDS).filter((name) => name.endsWith(".json")) : [];
    return [
      ...readdirSync(this.dir).filter((name) => name.startsWith("cir-")),
      ...records.filter((name) => readFileSync(join(RECORDS, name), "utf8").includes(this.dir)),
    ];
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The writes that the bootstrap example permits to a stack's role. */
const PERMITTED = new Set(
  JSON.parse(readFileSync(join(PROJECT, "examples/bootstrap/writes.json"), "utf8")).flatMap(
    ({ actions }: { actions: string[] }) => actions,
  ),
);
/** The scenario's own calls, as a scaling policy or an administrator makes them; and calls that only read. */
const NOT_THE_PROVIDER = /^autoscaling:(SetDesiredCapacity|TerminateInstanceInAutoScalingGroup|Describe\w+)$/;

export function assertClean(ended: Ended): PoolFigures {
  assert.equal(ended.code, 0, ended.output);
  assert.doesNotMatch(ended.output, /clean-up: /);
  const { figures } = ended;
  assert.ok(figures);
  assert.deepEqual(figures.failures, []);
  assert.equal(figures.jobs.lost, 0);
  assert.equal(figures.jobs.succeeded, figures.jobs.queued);
  assert.equal(figures.scaleIns.completed, figures.scaleIns.requested);
  assert.equal(figures.engine.secondUpChanges, 0);
  assert.deepEqual([figures.denied, figures.leftovers, figures.drift], [[], [], []]);
  const writes = Object.keys(figures.apiCalls["operator"] ?? {}).filter((action) => !NOT_THE_PROVIDER.test(action));
  assert.ok(writes.length >= 5, writes.join());
  assert.deepEqual(
    writes.filter((action) => !PERMITTED.has(action)),
    [],
    "the role that the bootstrap example makes could not do this",
  );
  return figures;
}
