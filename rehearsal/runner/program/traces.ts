import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root";

export type Program = "Runner" | "Worker";

/** `2026-11-22 02:31:10Z`, the official listener's timestamp format. */
function stamp(at = new Date()): string {
  return `${at.toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** Writes a line for those that read the listener's output: the journal, RunnerService.js, the agent. */
export function announce(line: string): void {
  process.stdout.write(`${stamp()}: ${line}\n`);
}

/** One program's `_diag` log and, if RUNNER_PERFLOG names a folder, its performance log. */
export class Traces {
  /** Open from start to end, as with the official runner: the agent finds the log by it. */
  private readonly diagnostics?: number;
  private readonly counters?: string;

  constructor(readonly program: Program) {
    const diag = join(ROOT, "_diag");
    const started = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
    try {
      mkdirSync(diag, { recursive: true });
      this.diagnostics = openSync(join(diag, `${program}_${started}-utc.log`), "a");
    } catch {
      // As for `write`.
    }
    const folder = process.env.RUNNER_PERFLOG;
    if (!folder) return;
    try {
      mkdirSync(folder, { recursive: true });
      this.counters = join(folder, `${program}.perf`);
    } catch (error) {
      this.write(`no performance log in ${folder}: ${String(error)}`);
    }
  }

  /** One line of the diagnostic log, in the format of the official HostTraceListener. */
  write(line: string, level: "INFO" | "WARN" | "ERR " = "INFO", source: string = this.program): void {
    if (this.diagnostics === undefined) return;
    try {
      writeSync(this.diagnostics, `[${stamp()} ${level} ${source}] ${line}\n`);
    } catch {
      // A full disk must not end a job that does not need the disk.
    }
  }

  /** One `counter:timestamp` line; the timestamp has the seven decimals of .NET's round-trip format. */
  count(counter: string): void {
    if (this.counters === undefined) return;
    const at = new Date().toISOString().replace("Z", "0000Z");
    try {
      appendFileSync(this.counters, `${counter.replaceAll(":", "_")}:${at}\n`);
    } catch (error) {
      this.write(`performance log: ${String(error)}`);
    }
  }
}

/**
 * Sets the kernel's name of this process, which `pgrep -x` and our agent check. Some versions of Node rename their main
 * thread, so this restores the name set by exec; the arguments stay unchanged.
 */
export function nameProcess(name: "Runner.Listener" | "Runner.Worker"): void {
  const file = "/proc/self/comm";
  try {
    if (readFileSync(file, "utf8").trim() !== name) writeFileSync(file, name);
  } catch {
    process.title = name;
  }
}
