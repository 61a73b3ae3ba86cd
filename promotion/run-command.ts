import { spawn } from "node:child_process";

/** What a shell makes of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Thrown when a signal ended the work before it was done. */
export class InterruptedError extends Error {
  readonly exitCode = INTERRUPTED;
}

/**
 * Runs one program after the other and passes an interruption on: each program is told once, by SIGINT, and waited
 * for. A deployment that is torn off leaves resources that no state knows; a second SIGINT would tear it off.
 */
export class CommandRunner {
  /** Tells the running program to end. */
  private forwardInterrupt: (() => void) | undefined;
  private interrupted: NodeJS.Signals | undefined;
  private readonly listener = (signal: NodeJS.Signals) => this.interrupt(signal);

  constructor(private readonly log: (line: string) => void = (line) => console.error(line)) {
    process.on("SIGINT", this.listener).on("SIGTERM", this.listener);
  }

  /** Gives the signals back to who had them. */
  close(): void {
    process.off("SIGINT", this.listener).off("SIGTERM", this.listener);
  }

  /**
   * Exit code of the program; output goes to where `stdout` says, errors to stderr.
   *
   * @param options.passed the program itself, not its group, is told, ends in its own time, and its code is the answer
   * @throws InterruptedError when a signal came, unless `passed`
   */
  async run(
    command: string,
    args: readonly string[],
    options: { cwd: string; stdout: "stdout" | "stderr"; passed?: boolean },
  ): Promise<number> {
    this.throwIfInterrupted();
    const code = await new Promise<number>((done, fail) => {
      // A group of its own: the terminal sends Ctrl-C to all of ours, which would reach the program a second time.
      const child = spawn(command, args, { cwd: options.cwd, detached: true, stdio: ["ignore", options.stdout === "stdout" ? 1 : 2, 2] });
      this.forwardInterrupt = () => signalTo(options.passed ? child.pid : -child.pid!);
      child.on("error", (error) => fail(new Error(`${command} cannot be run: ${error.message}`)));
      child.on("close", (exit, signal) => done(exit ?? (signal === "SIGINT" ? INTERRUPTED : 1)));
    }).finally(() => (this.forwardInterrupt = undefined));
    if (!options.passed) this.throwIfInterrupted();
    return code;
  }

  throwIfInterrupted(): void {
    if (this.interrupted) throw new InterruptedError(`${this.interrupted}: ended before it was done`);
  }

  private interrupt(signal: NodeJS.Signals): void {
    if (this.interrupted) return this.log(`${signal}: waiting already`);
    this.interrupted = signal;
    this.log(this.forwardInterrupt ? `${signal}: passed on; waiting for the end of what runs` : `${signal}: ending`);
    this.forwardInterrupt?.();
  }
}

/** A negative number means a whole group: npm starts shells, which start what does the work. */
function signalTo(pid: number | undefined): void {
  try {
    if (pid) process.kill(pid, "SIGINT");
  } catch {
    // It has just ended.
  }
}
