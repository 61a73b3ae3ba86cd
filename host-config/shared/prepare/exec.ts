import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Exec, ExecResult } from "./stage";

/** Characters of each output that are kept. A package manager writes tens of thousands. */
const KEPT = 1_048_576;
/** A line without an end must not fill the memory. */
const LONGEST_LINE = 65_536;
/** After the end of a command, within which its outputs are read to their end. A daemon that it leaves may hold them for ever. */
const OUTPUTS_MS = 2_000;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** @param deadline ends each command that runs then, and each later one at once */
export function boundedExec(deadline: AbortSignal): Exec {
  return (file, args, { env, input, timeoutMs, onLine } = {}) =>
    new Promise<ExecResult>((resolve, reject) => {
      if (deadline.aborted) return reject(new Error(`${file}: not started, the time is over`));
      const child = spawn(file, args, { cwd: "/", env: { ...process.env, PATH, LC_ALL: "C", ...env }, detached: true });
      const kept = { stdout: "", stderr: "" };
      const splitters: { end(): void }[] = [];
      for (const name of ["stdout", "stderr"] as const) {
        const lines = onLine && lineSplitter(onLine);
        if (lines) splitters.push(lines);
        child[name].setEncoding("utf8").on("data", (text: string) => {
          kept[name] = `${kept[name]}${text}`.slice(-KEPT);
          lines?.push(text);
        });
      }
      const release = () => {
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
        child.unref();
      };
      const end = (bound: string) => () => {
        settle();
        if (child.pid !== undefined) killGroup(child.pid);
        // Not its end: one that hangs in the kernel may never come to it.
        release();
        reject(new Error(`${file}: not done ${bound}`));
      };
      const onDeadline = end("before the time was over");
      const timer = timeoutMs === undefined ? undefined : setTimeout(end(`within ${timeoutMs / 1000} s`), timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        deadline.removeEventListener("abort", onDeadline);
      };
      deadline.addEventListener("abort", onDeadline);
      child.on("error", (error) => {
        settle();
        reject(error);
      });
      child.on("exit", (code, signal) => {
        settle();
        const complete = () => {
          clearTimeout(held);
          release();
          for (const lines of splitters) lines.end();
          resolve({ code: code ?? 128 + (constants.signals[signal!] ?? 0), ...kept });
        };
        const held = setTimeout(complete, OUTPUTS_MS);
        child.on("close", complete);
      });
      // A command that ends without reading it is judged by its exit code.
      child.stdin.on("error", () => undefined).end(input ?? "");
    });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function lineSplitter(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = "";
  return {
    push(text) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop()!.slice(0, LONGEST_LINE);
      for (const line of lines) onLine(line.slice(0, LONGEST_LINE));
    },
    end() {
      if (rest !== "") onLine(rest);
    },
  };
}
