/**
 * The job signs, read by a process of their own. Each of their sources is chosen so that no job can make its reading wait, but a
 * reading that hangs all the same would stop its whole process, timers included. The heartbeat must beat even then.
 */
import { execFile } from "node:child_process";
import type { JobSigns, Signs } from "./ports/job-signs";

/** A start of Node.js and some small files: 0.1 s, and seconds on a machine that a job overloads. */
const BOUND_MS = 5_000;

/** This program's own command; main.ts prints the signs as JSON. */
const COMMAND = [process.execPath, process.argv[1] ?? "", "signs"];

export function signsInChild(command: readonly string[] = COMMAND, boundMs = BOUND_MS): JobSigns {
  return {
    read: () =>
      new Promise<Signs>((resolve, reject) => {
        const [file = "", ...args] = command;
        const child = execFile(file, args, (error, stdout) => {
          clearTimeout(timer);
          if (error) return reject(new Error(`the job signs could not be read: ${error.message}`));
          try {
            resolve(JSON.parse(stdout) as Signs);
          } catch (cause) {
            reject(new Error(`the job signs could not be read: ${String(cause)}`));
          }
        });
        // Not execFile's timeout, which waits for the child to be gone: one that hangs in the kernel may never be.
        const timer = setTimeout(() => {
          child.kill("SIGKILL");
          reject(new Error(`the job signs could not be read within ${boundMs / 1000} s`));
        }, boundMs);
      }),
  };
}
