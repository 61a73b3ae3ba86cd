import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { RECORDS } from "../../../rehearsal/hosts/systemd/run-record";

const PROJECT = resolve(__dirname, "../../..");
/** Several times the usual duration. Detects a hang; not a measurement. */
export const BOUND_MS = 900_000;

/** @typeParam Figures what the scenario writes as JSON */
export interface Ended<Figures> {
  code: number | null;
  output: string;
  figures: Figures | undefined;
  report: string;
}

/** Runs the real command as a user would. `watch` is called with each line and may interrupt the process. */
export class Rehearsals<Figures> {
  private readonly dir = mkdtempSync(join(tmpdir(), "rehearsal-test-"));

  constructor() {
    // The rehearsal that runs as another user writes its report here too.
    chmodSync(this.dir, 0o777);
  }

  run(args: string[], options: { asNobody?: string; watch?: (line: string, pid: number) => void } = {}): Promise<Ended<Figures>> {
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
          figures: existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as Figures) : undefined,
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
