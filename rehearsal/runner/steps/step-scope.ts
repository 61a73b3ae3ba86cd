import type { Contexts, Expressions, Functions } from "./expressions";
import { gitHubVariables, runnerVariables } from "./github-variables";
import type { Performer } from "./performer";
import type { JobPlan, Json, Outcome, PlannedStep, Template } from "./plan";

export type Status = Exclude<Outcome, "skipped">;

/** Variables that a step sets for itself, and a composite action for its steps. */
export type Overlay = Readonly<Record<string, string>>;

/** What the steps of the job, or those of one composite action, have in common. */
export interface Scope {
  readonly results: Record<string, StepResult>;
  /** Inputs of the composite action. */
  readonly inputs?: Record<string, Json>;
  readonly overlay: Overlay;
  /** `action_path`, `action_repository` and `action_ref` of the `github` context. */
  readonly action?: Record<string, Json>;
  /** Of the steps of this scope so far. */
  status: Status;
  readonly isJob: boolean;
  /** The composite action has exceeded the time of its step. */
  readonly late?: AbortSignal;
}

interface StepResult extends Record<string, Json> {
  outputs: Record<string, string>;
  outcome: Outcome;
  conclusion: Outcome;
}

/** Evaluates what a step says at the moment at which it runs: what earlier steps have set decides. */
export class StepValues {
  /** The `env` context, apart from what single steps set for themselves. */
  readonly variables = new Map<string, string>();

  constructor(
    private readonly plan: JobPlan,
    private readonly expressions: Expressions,
    private readonly performer: Performer,
    private readonly status: () => Status,
  ) {}

  holds(condition: string, scope: Scope, overlay: Overlay): boolean {
    return this.expressions.condition(condition, this.contexts(scope, overlay), this.functions(scope));
  }

  value(template: Template, scope: Scope, overlay: Overlay): Json {
    return this.expressions.value(template, this.contexts(scope, overlay), this.functions(scope));
  }

  text(template: Template, scope: Scope, overlay: Overlay): string {
    return this.expressions.text(template, this.contexts(scope, overlay), this.functions(scope));
  }

  texts(template: Template, scope: Scope, overlay: Overlay): Record<string, string> {
    return this.expressions.texts(template, this.contexts(scope, overlay), this.functions(scope));
  }

  github(scope: Scope): { [key: string]: Json } {
    return { ...(this.plan.contexts.github as Record<string, Json>), workspace: this.performer.workspace, ...scope.action };
  }

  /** Variables of the step's process, apart from the machine's own. */
  environment(step: PlannedStep, scope: Scope, overlay: Overlay): Record<string, string> {
    const { idToken } = this.plan;
    return {
      ...Object.fromEntries(this.variables),
      ...overlay,
      // After what steps set: they cannot replace the runner's own variables.
      ...gitHubVariables({ ...this.github(scope), action: step.id }),
      ...runnerVariables(this.performer.runner),
      ...(idToken && { ACTIONS_ID_TOKEN_REQUEST_URL: idToken.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: idToken.token }),
    };
  }

  /** In the log and in reports. A name that cannot be evaluated fails nothing. */
  name(step: PlannedStep, scope: Scope, overlay: Overlay): string {
    if (step.name) {
      try {
        return this.text(step.name, scope, overlay);
      } catch {
        // As if the step had none.
      }
    }
    if (step.uses) return `Run ${step.uses.reference}`;
    const script = step.run!.script;
    const text = script.kind === "literal" ? String(script.value) : "a script";
    return `Run ${text.trim().split("\n")[0] ?? ""}`;
  }

  private contexts(scope: Scope, overlay: Overlay): Contexts {
    const { contexts } = this.plan;
    const env = { ...Object.fromEntries(this.variables), ...overlay };
    const { runner } = this.performer;
    const inputs = scope.inputs ?? contexts.inputs;
    return { ...contexts, github: this.github(scope), env, job: { status: this.status() }, runner, steps: scope.results, inputs };
  }

  private functions(scope: Scope): Functions {
    const job = this.status();
    // Steps of a composite action see its own status; that the job was canceled is true everywhere.
    const own = job === "cancelled" || scope.isJob ? job : scope.status;
    return {
      always: () => true,
      success: () => own === "success",
      failure: () => own === "failure",
      cancelled: () => job === "cancelled",
      hashfiles: (...patterns) => this.performer.hashFiles(patterns),
    };
  }
}
