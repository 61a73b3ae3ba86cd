import { spawn } from "node:child_process";

/** Exit code that a shell reports for a program ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Thrown when a signal ended the work early. */
export class InterruptedError extends Error {
  readonly exitCode = INTERRUPTED;
}

/**
 * Runs programs one after the other and forwards an interruption: each gets one SIGINT and is waited for. A deployment
 * that is killed leaves resources that its state does not contain, and a second SIGINT would kill it.
 */
export class CommandRunner {
  /** Sends SIGINT to the running program. */
  private forwardInterrupt: (() => void) | undefined;
  private interrupted: NodeJS.Signals | undefined;
  private readonly listener = (signal: NodeJS.Signals) => this.interrupt(signal);

  constructor(private readonly log: (line: string) => void = (line) => console.error(line)) {
    process.on("SIGINT", this.listener).on("SIGTERM", this.listener);
  }

  /** Stops handling the signals. */
  close(): void {
    process.off("SIGINT", this.listener).off("SIGTERM", this.listener);
  }

  /**
   * Exit code of the program; output goes to where `stdout` says, errors to stderr.
   *
   * @param options.handlesSignals sends the signal to the program alone, not to its group, and returns its exit code
   * @throws InterruptedError when a signal came, unless `handlesSignals`
   */
  async run(
    command: string,
    args: readonly string[],
    options: { cwd: string; stdout: "stdout" | "stderr"; handlesSignals?: boolean },
  ): Promise<number> {
    this.throwIfInterrupted();
    const code = await new Promise<number>((done, fail) => {
      // A separate process group: the terminal sends Ctrl-C to all of ours, so the program would receive it twice.
      const child = spawn(command, args, { cwd: options.cwd, detached: true, stdio: ["ignore", options.stdout === "stdout" ? 1 : 2, 2] });
      this.forwardInterrupt = () => signalTo(options.handlesSignals ? child.pid : -child.pid!);
      child.on("error", (error) => fail(new Error(`${command} cannot be run: ${error.message}`)));
      child.on("close", (exit, signal) => done(exit ?? (signal === "SIGINT" ? INTERRUPTED : 1)));
    }).finally(() => (this.forwardInterrupt = undefined));
    if (!options.handlesSignals) this.throwIfInterrupted();
    return code;
  }

  throwIfInterrupted(): void {
    if (this.interrupted) throw new InterruptedError(`${this.interrupted}: interrupted`);
  }

  private interrupt(signal: NodeJS.Signals): void {
    if (this.interrupted) return this.log(`${signal}: already waiting`);
    this.interrupted = signal;
    this.log(this.forwardInterrupt ? `${signal}: forwarded; waiting for the running program to end` : `${signal}: ending`);
    this.forwardInterrupt?.();
  }
}

/** A negative number is a process group: npm starts shells, which start the programs that do the work. */
function signalTo(pid: number | undefined): void {
  try {
    if (pid) process.kill(pid, "SIGINT");
  } catch {
    // It has just ended.
  }
}
