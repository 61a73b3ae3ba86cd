import type { Clock } from "../clock";
import type { RunOptions, StackHandle } from "../engine/engine";
import type { Drift } from "../engine/result";
import { hold } from "../virtual-clock";

/** What one operation of the engine did, as the engine itself reported it. */
export interface EngineResult {
  seconds: number;
  /** Operation (`create`, `update`, `same`, ...) to number of resources. */
  changes: Record<string, number>;
}

export interface EngineControl {
  version: string;
  preview(): Promise<EngineResult>;
  up(): Promise<EngineResult>;
  /** Drift that is not scaling's own, one line a resource. */
  refresh(): Promise<{ drift: string[] }>;
  /** Changes the stack's configuration the way a pull request would; the next `up` carries it out. */
  reconfigure(change: Record<string, unknown>): Promise<void>;
  destroy(): Promise<EngineResult>;
  resourceCount(): Promise<number>;
}

/** Outputs of a group that move whenever it scales; their change is no drift. */
const SCALINGS_OWN = new Set(["desiredCapacity", "warmPoolSize"]);
/** Milliseconds that an interrupted engine gets to end in good order what it has begun. */
const STOP_WITHIN = 20_000;

export interface EngineParts {
  version: string;
  /** Opens the stack, with further configuration in place of the stack's own; of this project, or of another checkout of it. */
  open(overrides: Record<string, unknown>, projectDir?: string): Promise<StackHandle>;
  clock: Clock;
}

/** The engine, for the scenario: virtual time stands still while it works, but for its waits on AWS. */
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

  reconfigure(change: Record<string, unknown>): Promise<void> {
    return this.open(change);
  }

  /** From now on operations run the program of another checkout, as a promotion or a rollback does. */
  deployFrom(projectDir: string): Promise<void> {
    return this.open({}, projectDir);
  }

  /** Interrupts what runs and lets nothing begin any more: a folder must not be removed under a working engine. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const patience = new Promise((resolve) => setTimeout(resolve, STOP_WITHIN).unref());
    await Promise.race([this.running.catch(() => undefined), patience]);
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
  const properties = Object.keys(drift.properties).filter((property) => !SCALINGS_OWN.has(property));
  return properties.length === 0 ? [] : [`${drift.name} (${drift.type}): ${properties.join(", ")}`];
}
