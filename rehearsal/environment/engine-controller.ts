import type { Clock } from "../clock";
import type { RunOptions, StackHandle } from "../engine/engine";
import type { Drift } from "../engine/result";
import { hold } from "../virtual-clock";

/** Result of one engine operation, as reported by the engine. */
export interface EngineResult {
  seconds: number;
  /** Operation (`create`, `update`, `same`, ...) to number of resources. */
  changes: Record<string, number>;
}

export interface EngineControl {
  version: string;
  preview(): Promise<EngineResult>;
  up(): Promise<EngineResult>;
  /** Drift that scaling did not cause, one line per resource. */
  refresh(): Promise<{ drift: string[] }>;
  /** Changes the stack's configuration as a pull request would; the next `up` applies it. */
  reconfigure(change: Record<string, unknown>): Promise<void>;
  destroy(): Promise<EngineResult>;
  resourceCount(): Promise<number>;
  /** The program's outputs, by name. */
  outputs(): Promise<Record<string, unknown>>;
}

/** Outputs of a group that change whenever it scales; such a change is not drift. */
const CHANGED_BY_SCALING = new Set(["desiredCapacity", "warmPoolSize"]);
/** Milliseconds that an interrupted engine has to finish cleanly what it has begun. */
const STOP_TIMEOUT = 20_000;

export interface EngineParts {
  version: string;
  /** Opens the stack of this project, or of another checkout of it. `overrides` replace values of its configuration. */
  open(overrides: Record<string, unknown>, projectDir?: string): Promise<StackHandle>;
  clock: Clock;
}

/** The engine as the scenario uses it: virtual time stops while it works, except while it waits for AWS. */
export class EngineController implements EngineControl {
  readonly version: string;
  private stack: StackHandle | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: EngineParts) {
    this.version = parts.version;
  }

  preview(): Promise<EngineResult> {
    return this.run(async (stack, options) => result(await stack.preview(options)));
  }

  up(): Promise<EngineResult> {
    return this.run(async (stack, options) => result(await stack.up(options)));
  }

  destroy(): Promise<EngineResult> {
    return this.run(async (stack, options) => result(await stack.destroy(options)));
  }

  refresh(): Promise<{ drift: string[] }> {
    return this.run(async (stack, options) => ({ drift: (await stack.refresh(options)).drift.flatMap(describeDrift) }));
  }

  resourceCount(): Promise<number> {
    return this.run(async (stack) => (await stack.resources()).length);
  }

  outputs(): Promise<Record<string, unknown>> {
    return this.run(async (stack) =>
      Object.fromEntries(Object.entries(await stack.outputs()).map(([name, { value }]) => [name, value as unknown])),
    );
  }

  reconfigure(change: Record<string, unknown>): Promise<void> {
    return this.open(change);
  }

  /** Makes later operations run the program of another checkout, as a promotion or a rollback does. */
  deployFrom(projectDir: string): Promise<void> {
    return this.open({}, projectDir);
  }

  /** Interrupts the running operation and starts no other: a folder must not be removed while the engine works in it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const timeout = new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT).unref());
    await Promise.race([this.running.catch(() => undefined), timeout]);
  }

  private async open(overrides: Record<string, unknown>, projectDir?: string): Promise<void> {
    const release = hold(this.parts.clock);
    try {
      this.stack = await this.parts.open(overrides, projectDir);
    } finally {
      release();
    }
  }

  private run<T>(operation: (stack: StackHandle, options: RunOptions) => Promise<T>): Promise<T> {
    const work = async () => {
      const { signal } = this.stopping;
      if (signal.aborted) throw new Error("interrupted");
      const release = hold(this.parts.clock);
      try {
        this.stack ??= await this.parts.open({});
        return await operation(this.stack, { signal });
      } finally {
        release();
      }
    };
    const running = work();
    this.running = running;
    return running;
  }
}

function result({ seconds, changes }: EngineResult): EngineResult {
  return { seconds, changes };
}

function describeDrift(drift: Drift): string[] {
  if (drift.gone) return [`${drift.name}: gone`];
  const properties = Object.keys(drift.properties).filter((property) => !CHANGED_BY_SCALING.has(property));
  return properties.length === 0 ? [] : [`${drift.name} (${drift.type}): ${properties.join(", ")}`];
}
