import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";

export interface Diagnostic {
  severity: "info" | "info#err" | "warning" | "error";
  message: string;
  /** Logical name of the resource that it concerns, if any. */
  resource?: string;
}

export interface Step {
  op: string;
  urn: string;
  type: string;
  /** Logical name. */
  name: string;
  /** Properties that differ, for an update or for drift. */
  properties: string[];
}

export interface OperationResult {
  /** Number of resources per operation, as counted by the engine: `{create: 40}`, `{same: 41}`. */
  changes: Record<string, number>;
  /** Resources that were changed. */
  changed: number;
  /** The step of each changed resource. */
  steps: Step[];
  /** Whole seconds, as the engine reported them. */
  seconds: number;
  /** Milliseconds from the start of the engine's process to its exit. */
  wallMs: number;
  /** Resources in the stack afterwards, without the stack itself and its providers. */
  resources: number;
  diagnostics: Diagnostic[];
}

export interface Drift {
  urn: string;
  type: string;
  name: string;
  /** Whether the resource no longer exists. */
  gone: boolean;
  /** Outputs that differ from the engine's state. */
  properties: Record<string, { was: unknown; is: unknown }>;
}

export interface RefreshResult extends OperationResult {
  drift: Drift[];
}

/** An operation that failed in the engine. */
export class EngineError extends Error {
  constructor(
    readonly operation: string,
    readonly diagnostics: Diagnostic[],
    readonly output: string,
  ) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    const text = errors.map(({ resource, message }) => (resource ? `${resource}: ${message.trim()}` : message.trim())).join("\n");
    super(`pulumi ${operation} failed:\n${text || output.trim()}`);
  }
}

/** Without `debug`: the Node SDK sends hundreds of lines of it. */
const SEVERITIES = ["info", "info#err", "warning", "error"];
const QUIET = ["same", "read", "refresh"];

/** Collects the engine's events of one operation. */
export class Recorder {
  readonly diagnostics: Diagnostic[] = [];
  readonly steps = new Map<string, Step>();
  /** The engine's own count; absent until the operation has ended. */
  changes: Record<string, number> | undefined;
  seconds = 0;
  private readonly drifts = new Map<string, Drift>();

  constructor(private readonly progress: (step: Step) => void = () => undefined) {}

  get drift(): Drift[] {
    return [...this.drifts.values()];
  }

  readonly add = (event: EngineEvent): void => {
    if (event.diagnosticEvent && !event.diagnosticEvent.ephemeral) {
      const { severity, message, urn } = event.diagnosticEvent;
      if (SEVERITIES.includes(severity))
        this.diagnostics.push({ severity, message: plainText(message), ...(urn && { resource: nameOf(urn) }) });
    }
    if (event.resourcePreEvent) this.step(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.outputs(event.resOutputsEvent.metadata);
    if (event.summaryEvent) {
      this.changes = { ...event.summaryEvent.resourceChanges } as Record<string, number>;
      this.seconds = event.summaryEvent.durationSeconds;
    }
  };

  private step(metadata: StepEventMetadata): void {
    if (QUIET.includes(metadata.op)) return;
    const step = stepOf(metadata);
    this.steps.set(`${metadata.op} ${metadata.urn}`, step);
    this.progress(step);
  }

  private outputs(metadata: StepEventMetadata): void {
    const { urn, type, old, new: now } = metadata;
    // The engine reports a change to an ignored property as `same`; it is still drift.
    if (!old) return;
    const was = old.outputs ?? {};
    const is = now?.outputs ?? {};
    const names = now ? [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => !equal(was[name], is[name])) : [];
    if (now && names.length === 0) return;
    this.drifts.set(urn, {
      urn,
      type,
      name: nameOf(urn),
      gone: !now,
      properties: Object.fromEntries(names.map((name) => [name, { was: was[name], is: is[name] }])),
    });
  }
}

function stepOf({ op, urn, type, diffs, detailedDiff }: StepEventMetadata): Step {
  return { op, urn, type, name: nameOf(urn), properties: detailedDiff ? Object.keys(detailedDiff) : (diffs ?? []) };
}

export function countChanged(changes: Record<string, number>): number {
  return Object.entries(changes)
    .filter(([op]) => !QUIET.includes(op))
    .reduce((sum, [, count]) => sum + count, 0);
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Removes the engine's colour markup. */
function plainText(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "");
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => equal((a as any)[key], (b as any)[key]));
}
