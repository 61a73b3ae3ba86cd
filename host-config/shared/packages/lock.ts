import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { PrepareError } from "../prepare/prepare-error";
import type { ExecOptions, ExecResult, PrepareContext } from "../prepare/stage";

/** As unattended-upgrades needs minutes, a shorter interval would not be noticed. */
const RETRY_MS = 5_000;

/** APT names the holder from 2.0 on. DNF waits for it itself, and names it by its process id alone. */
const APT_LOCK = /Could not get lock (?:.*held by process (\d+)(?: \((.+?)\))?)?/;
const DNF_LOCK = /Waiting for process with pid (\d+) to finish/;
/** APT's errors, warnings and notes. More of them follow the one about the lock; any other text is progress. */
const ABOUT_THE_SAME = /^([EWN]: |\s*$)/;

export type LockContext = Pick<PrepareContext, "exec" | "say" | "deadline">;

/** Who holds the lock of which a line of output complains; undefined if it complains of none. */
export function lockHolder(line: string): string | undefined {
  const found = APT_LOCK.exec(line) ?? DNF_LOCK.exec(line);
  if (found === null) return undefined;
  const [, pid, name] = found;
  return pid === undefined ? "another program" : `${pid} ${name ?? commandOf(pid)}`.trim();
}

/**
 * Runs a command of the package manager again and again while another program holds one of its locks. APT has a bound of its
 * own for one of its three locks only, and does not say at its end who held it.
 */
export async function whenUnlocked(
  { exec, say, deadline }: LockContext,
  file: string,
  args: readonly string[],
  options: ExecOptions = {},
  retryMs = RETRY_MS,
): Promise<ExecResult> {
  let holder: string | undefined;
  let announced: string | undefined;
  const onLine = (line: string) => {
    options.onLine?.(line);
    holder = lockHolder(line) ?? (ABOUT_THE_SAME.test(line) ? holder : undefined);
    if (holder === undefined || holder === announced) return;
    say(`packages: waiting for the lock that ${holder} holds`);
    announced = holder;
  };
  try {
    for (;;) {
      holder = undefined;
      const result = await exec(file, args, { ...options, onLine });
      if (result.code === 0 || holder === undefined) return result;
      await sleep(retryMs, undefined, { signal: deadline });
    }
  } catch (error) {
    if (!deadline.aborted || holder === undefined) throw error;
    throw new PrepareError(`packages: the package manager was locked by ${holder} until setupTimeout`);
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
