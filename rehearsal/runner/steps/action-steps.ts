import type { NodeAction, Performer, StepReply } from "./performer";
import type { ActionDefinition, JobPlan, Json, PlannedAction, PlannedStep } from "./plan";
import type { Overlay, Scope, StepValues } from "./step-scope";

type TreeAction = Extract<PlannedAction, { definition: ActionDefinition }>;

/** A part of an action that runs before or after the job's own steps. */
export interface Later {
  name: string;
  condition: string;
  scope: Scope;
  overlay: Overlay;
  run: (stop: AbortSignal) => Promise<StepReply>;
}

/** A step that is due, at its place. */
export interface StepCall {
  step: PlannedStep;
  scope: Scope;
  overlay: Overlay;
  name: string;
  stop: AbortSignal;
  late: AbortSignal;
}

export interface ActionParts {
  plan: JobPlan;
  values: StepValues;
  performer: Performer;
  paths: readonly string[];
  /** Later parts of actions, in the order in which their steps ran. */
  posts: Later[];
  /** Runs a step of a composite action. */
  step: (step: PlannedStep, scope: Scope) => Promise<void>;
}

/** Steps with `uses:`. */
export class ActionSteps {
  constructor(private readonly parts: ActionParts) {}

  async run(call: StepCall): Promise<StepReply> {
    const { plan, values, performer } = this.parts;
    const { step, scope, overlay, name, stop } = call;
    const { reference } = step.uses!;
    const action = plan.actions[reference];
    if (!action) throw new Error(`uses: ${reference}: the runner did not receive this action`);
    if (action.kind === "checkout" || action.kind === "function") {
      const environment = values.environment(step, scope, overlay);
      const inputs = this.given(step, scope, overlay);
      if (action.kind === "checkout") return performer.checkout({ inputs, environment }, stop);
      return performer.act({ name, reference, inputs, environment, github: values.github(scope), idToken: plan.idToken }, stop);
    }
    const { runs } = action.definition;
    return runs.using === "composite" ? this.composite(action, runs.steps, call) : this.main(action, runs, call);
  }

  /** The `pre` part of an action, which runs before the job's first step. @throws for a local action, as GitHub's runner */
  before(step: PlannedStep, job: Scope): Later | undefined {
    const { plan } = this.parts;
    const action = step.uses && plan.actions[step.uses.reference];
    if (!action || (action.kind !== "local" && action.kind !== "remote")) return undefined;
    const { runs } = action.definition;
    if (runs.using !== "node" || runs.pre === undefined) return undefined;
    const { reference } = step.uses!;
    if (action.kind === "local") throw new Error(`\`pre\` execution is not supported for local action from '${reference}'`);
    const [name, program] = [`Pre ${reference}`, runs.pre];
    const run = (stop: AbortSignal) => this.node(action, program, { step, scope: job, overlay: {}, name, stop, late: stop }, {});
    return { name, condition: runs.preIf ?? "always()", scope: job, overlay: {}, run };
  }

  private async main(action: TreeAction, runs: NodeAction, call: StepCall): Promise<StepReply> {
    const state: Record<string, string> = {};
    const { post } = runs;
    if (post !== undefined) {
      const { scope, overlay } = call;
      const name = `Post ${call.name}`;
      // When its step runs, so a step that is skipped has no later part.
      const run = (stop: AbortSignal) => this.node(action, post, { ...call, name, stop, late: stop }, state);
      this.parts.posts.push({ name, condition: runs.postIf ?? "always()", scope, overlay, run });
    }
    const reply = await this.node(action, runs.main, call, {});
    Object.assign(state, reply.state);
    return reply;
  }

  private async node(action: TreeAction, program: string, call: StepCall, state: Record<string, string>): Promise<StepReply> {
    const { values, performer, paths } = this.parts;
    const { step, scope, overlay, name, stop } = call;
    const inputs = this.inputs(action, call);
    const environment = {
      ...values.environment(step, { ...scope, action: this.context(action) }, overlay),
      ...renamed(inputs, (key) => `INPUT_${key.replaceAll(" ", "_").toUpperCase()}`),
      ...renamed(state, (key) => `STATE_${key}`),
    };
    return performer.node({ name, action, program, environment, paths }, stop);
  }

  private async composite(action: TreeAction, steps: readonly PlannedStep[], call: StepCall): Promise<StepReply> {
    const { overlay, late } = call;
    const inputs = this.inputs(action, call);
    const scope: Scope = { results: {}, inputs, overlay, action: this.context(action), status: "success", isJob: false, late };
    for (const step of steps) await this.parts.step(step, scope);
    const outputs: Record<string, string> = {};
    for (const { id, value } of action.definition.outputs) if (value) outputs[id] = this.parts.values.text(value, scope, overlay);
    if (scope.status === "success") return { code: 0, outputs };
    return { code: 1, outputs, error: `${action.definition.name} failed` };
  }

  /** By their names in lower case: what the step gives, and the defaults of the others. */
  private inputs(action: TreeAction, { step, scope, overlay }: StepCall): Record<string, string> {
    const inputs = this.given(step, scope, overlay);
    for (const { id, default: value } of action.definition.inputs) {
      const key = id.toLowerCase();
      inputs[key] ??= value ? this.parts.values.text(value, { ...scope, inputs: undefined }, overlay) : "";
    }
    return inputs;
  }

  private given(step: PlannedStep, scope: Scope, overlay: Overlay): Record<string, string> {
    const { with: values } = step.uses!;
    return values ? renamed(this.parts.values.texts(values, scope, overlay), (key) => key.toLowerCase()) : {};
  }

  private context(action: TreeAction): Record<string, Json> {
    const path = this.parts.performer.folderOf(action);
    const { repository, ref } = action.kind === "remote" ? action : { repository: "", ref: "" };
    return { action_path: path, action_repository: repository, action_ref: ref };
  }
}

function renamed(values: Record<string, string>, rename: (key: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [rename(key), value]));
}
