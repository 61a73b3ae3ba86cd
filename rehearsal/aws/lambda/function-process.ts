import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export interface FunctionInvocation {
  id: string;
  event: unknown;
  context: Record<string, unknown>;
  /** Real milliseconds since the epoch. */
  deadline: number;
  /** The function's current time, which may be virtual. */
  now: number;
}

export type FunctionOutcome = { result: unknown } | { error: FunctionError };

export interface ProcessOptions {
  environment: Record<string, string>;
  memorySize: number;
  onLine(line: string): void;
}

/** Lambda allows ten seconds for initialisation; here, a function shares two cores with everything else. */
const INIT_LIMIT_MS = 60_000;

/** One process of a function. Serves one invocation at a time. */
export class FunctionProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly lines: { line: (text: string) => void };
  private ended: string | undefined;
  private waiting: ((message: Record<string, unknown> | undefined) => void) | undefined;
  private endOfOutput: { id: string; resolve: () => void } | undefined;
  private early: Record<string, unknown> | undefined;

  constructor(options: ProcessOptions) {
    this.child = spawn(
      process.execPath,
      [`--max-old-space-size=${options.memorySize}`, "--require", join(__dirname, "route.cjs"), join(__dirname, "bootstrap.cjs")],
      { env: options.environment, stdio: ["ignore", "pipe", "pipe", "ipc"] },
    );
    this.lines = { line: options.onLine };
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream! }).on("line", (line) => this.read(line));
    }
    this.child.on("message", (message) => this.receive(message as Record<string, unknown>));
    this.exited = new Promise((resolve) => {
      const end = (reason: string) => {
        this.ended ??= reason;
        this.receive(undefined);
        this.endOfOutput?.resolve();
        resolve();
      };
      this.child.on("exit", (code, signal) => end(signal ? `signal: ${signal}` : `exit status ${code}`));
      this.child.on("error", (error) => end(error.message));
    });
  }

  get alive(): boolean {
    return this.ended === undefined;
  }

  /** Loads the handler. Resolves with the error, if any. */
  async start(): Promise<FunctionError | undefined> {
    const reply = await this.next(INIT_LIMIT_MS);
    if (reply === "late") return { errorType: "Sandbox.Timedout", errorMessage: `Init did not finish within ${INIT_LIMIT_MS / 1000} s` };
    if (reply === undefined) return this.exitError();
    return reply["failed"] as FunctionError | undefined;
  }

  /** Runs one invocation. A process that exceeds the deadline is killed and cannot be reused. */
  async run(invocation: FunctionInvocation, timeoutSeconds: number): Promise<FunctionOutcome> {
    const printed = new Promise<void>((resolve) => (this.endOfOutput = { id: invocation.id, resolve }));
    if (this.alive) this.child.send(invocation, () => undefined); // a process that just exited is reported below
    const reply = await this.next(Math.max(0, invocation.deadline - Date.now()));
    if (reply === "late") {
      await this.kill();
      const errorMessage = `${new Date(invocation.now + timeoutSeconds * 1000).toISOString()} ${invocation.id} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      return { error: { errorType: "Sandbox.Timedout", errorMessage } };
    }
    if (reply === undefined) return { error: this.exitError(invocation.id) };
    await printed;
    return reply["error"] ? { error: reply["error"] as FunctionError } : { result: reply["result"] };
  }

  async kill(): Promise<void> {
    if (this.alive) this.child.kill("SIGKILL");
    await this.exited;
  }

  private next(limitMs: number): Promise<Record<string, unknown> | "late" | undefined> {
    if (this.early) {
      const message = this.early;
      this.early = undefined;
      return Promise.resolve(message);
    }
    if (!this.alive) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting = undefined;
        resolve("late");
      }, limitMs);
      this.waiting = (message) => {
        clearTimeout(timer);
        this.waiting = undefined;
        resolve(message);
      };
    });
  }

  private receive(message: Record<string, unknown> | undefined): void {
    if (this.waiting) this.waiting(message);
    else this.early = message;
  }

  private read(line: string): void {
    if (line.startsWith("\u0000end ")) {
      if (this.endOfOutput?.id === line.slice("\u0000end ".length)) this.endOfOutput.resolve();
    } else if (line !== "") this.lines.line(line);
  }

  private exitError(id?: string): FunctionError {
    return {
      errorType: "Runtime.ExitError",
      errorMessage: `${id ? `RequestId: ${id} ` : ""}Error: Runtime exited with error: ${this.ended}`,
    };
  }
}
