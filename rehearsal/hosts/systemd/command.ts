import { spawn } from "node:child_process";

export interface Finished {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Includes the directories of the tools that build and run machines, which are not in every user's PATH. */
export const TOOL_PATH = [process.env.PATH, "/usr/local/sbin", "/usr/sbin", "/sbin"].filter(Boolean).join(":");

/** Output beyond this many characters is dropped; no command here writes that much normally. */
const OUTPUT_LIMIT = 10_000_000;

export interface CommandOptions {
  /** Called for each line of standard error as it arrives. */
  onErrorLine?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}

/** Runs a program until it exits. Resolves for any exit code (128 + 9 if killed); rejects if it cannot start. */
export function finished(command: string, args: string[], options: CommandOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: TOOL_PATH, ...options.env },
    });
    let stdout = "";
    let stderr = "";
    let line = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (stdout.length < OUTPUT_LIMIT) stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      if (stderr.length < OUTPUT_LIMIT) stderr += chunk;
      const lines = (line + chunk).split("\n");
      line = lines.pop() ?? "";
      for (const text of lines) options.onErrorLine?.(text);
    });
    child.once("error", (error) => reject(new Error(`${command} cannot run: ${error.message}`)));
    child.once("close", (code) => resolve({ exitCode: code ?? 137, stdout, stderr }));
  });
}

/** Runs a program that must succeed; the error contains the end of its output. */
export async function succeed(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const result = await finished(command, args, options);
  if (result.exitCode !== 0) {
    const output = (result.stderr || result.stdout).trim().split("\n").slice(-15).join("\n");
    throw new Error(`${command} ${args.join(" ")} failed with exit code ${result.exitCode}:\n${output}`);
  }
  return result.stdout;
}
