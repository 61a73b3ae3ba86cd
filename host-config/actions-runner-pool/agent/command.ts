/** A command of a renewal, whose wait is bounded whatever the command does. */
import { spawn } from "node:child_process";

export interface CommandOptions {
  cwd?: string;
  /** File descriptor. */
  input?: number;
}

/** For each of root's commands. A runner takes some 600 MB, which a slow volume writes in a minute; its old folder may have many files. */
export const TIMEOUT_MS = 600_000;
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** Rejects with the last line of the command's error output. */
export function command([file = "", ...args]: readonly string[], options: CommandOptions = {}, boundMs = TIMEOUT_MS): Promise<void> {
  const { cwd = "/", input = "ignore" } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { PATH, LC_ALL: "C" }, stdio: [input, "ignore", "pipe"] });
    const words = `${file} ${args[0]}`;
    // Not spawn's timeout, which waits for the child to be gone: one that hangs in the kernel may never be.
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.unref();
      child.stderr?.destroy();
      reject(new Error(`${words}: not done within ${boundMs / 1000} s`));
    }, boundMs);
    let said = "";
    child.stderr?.on("data", (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      reject(new Error(`${words}: ${signal ?? `exit code ${code}`}: ${said.trim().split("\n").at(-1)}`));
    });
  });
}
