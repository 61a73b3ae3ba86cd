import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** On cancellation, a process gets SIGINT, SIGTERM 7.5 s later, and 2.5 s after that its process tree is killed. */
const SIGTERM_AFTER_MS = 7_500;
const KILL_AFTER_MS = 2_500;
/** Turns of the event loop in which a process that has exited wrote nothing. The first one may lie between two phases of the loop. */
const SILENT_TURNS = 2;
/** A background process may write on and on: by then, the pipe has been read several times as far as it can be filled. */
const MOST_TURNS = 100;
/** When memory is short, the kernel kills steps before the runner itself. */
const OOM_SCORE_ADJ = "500";

export interface Invocation {
  file: string;
  arguments: string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  cancel: AbortSignal;
  output?: (text: string, stream: "stdout" | "stderr") => void;
}

/** Runs a program. Resolves with its exit code; -1 when it could not be started or was ended by a signal. */
export function invoke(invocation: Invocation): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(invocation.file, invocation.arguments, {
      cwd: invocation.cwd,
      env: invocation.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timers: NodeJS.Timeout[] = [];
    const end = (code: number) => {
      for (const timer of timers) clearTimeout(timer);
      invocation.cancel.removeEventListener("abort", cancel);
      // A background child may keep the output open; the step has still ended.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(code);
    };
    const cancel = () => timers.push(...terminate(child));
    let heard = 0;
    /** What the process wrote before it exited is in its pipes: a turn of the event loop without any of it means that there is no more. */
    const drain = (code: number, before: number, silent = 0, turns = 0) => {
      if (silent === SILENT_TURNS || turns === MOST_TURNS) return end(code);
      setImmediate(() => drain(code, heard, heard === before ? silent + 1 : 0, turns + 1));
    };
    for (const stream of ["stdout", "stderr"] as const) {
      // Decoded by the stream: a character may be split between two chunks.
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        heard++;
        invocation.output?.(text, stream);
      });
    }
    child.on("error", () => end(-1));
    child.on("exit", (code) => drain(code ?? -1, heard));
    if (child.pid !== undefined) preferForOomKiller(child.pid);
    if (invocation.cancel.aborted) cancel();
    else invocation.cancel.addEventListener("abort", cancel, { once: true });
  });
}

function terminate(child: ChildProcess): NodeJS.Timeout[] {
  child.kill("SIGINT");
  const sigterm = setTimeout(() => child.kill("SIGTERM"), SIGTERM_AFTER_MS);
  const sigkill = setTimeout(() => killTree(child.pid), SIGTERM_AFTER_MS + KILL_AFTER_MS);
  return [sigterm, sigkill];
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  const children = processes().filter((other) => parentOf(other) === pid);
  kill(pid);
  for (const child of children) killTree(child);
}

/**
 * Kills every process whose environment has the tracking id, except the worker itself, so that no background process
 * outlives its job.
 */
export function killOrphans(trackingId: string): number[] {
  const mark = `RUNNER_TRACKING_ID=${trackingId}`;
  const orphans = processes().filter((pid) => pid !== process.pid && environmentOf(pid).includes(mark));
  for (const pid of orphans) kill(pid);
  return orphans;
}

function processes(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // The name, in parentheses, may contain any characters; the parent is the second field after it.
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already exited.
  }
}

function preferForOomKiller(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE_ADJ);
  } catch {
    // Best effort: it is not permitted everywhere.
  }
}
