import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** On cancellation, a process gets SIGINT, SIGTERM 7.5 s later, and 2.5 s after that its process tree is killed. */
const SIGTERM_AFTER_MS = 7_500;
const KILL_AFTER_MS = 2_500;
/** When memory is short, the kernel kills steps before the runner itself. */
const OOM_SCORE_ADJ = "500";

export interface Invocation {
  file: string;
  arguments: string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  cancel: AbortSignal;
  output?: (text: string) => void;
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
    child.stdout.on("data", (chunk: Buffer) => invocation.output?.(chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => invocation.output?.(chunk.toString("utf8")));
    child.on("error", () => end(-1));
    child.on("exit", (code) => end(code ?? -1));
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
