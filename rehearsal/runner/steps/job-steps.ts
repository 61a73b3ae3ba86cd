import { type Clock, RealClock } from "../../clock";
import { ActionSteps, type Later, type StepCall } from "./action-steps";
import type { Expressions } from "./expressions";
import { Masks } from "./masks";
import type { Performer, StepReply } from "./performer";
import type { JobPlan, Outcome, PlannedStep, StepReport, Template } from "./plan";
import { type Overlay, type Scope, type Status, StepValues } from "./step-scope";

export interface JobSignals {
  /** The runner stops: everything is skipped, `always()` steps included. */
  shutdown: AbortSignal;
  /** A user canceled the run, or the job exceeded its time. */
  cancel: AbortSignal;
}

export interface JobStepsOptions {
  plan: JobPlan;
  expressions: Expressions;
  performer: Performer;
  signals: JobSignals;
  masks?: Masks;
  /** For `timeout-minutes` of steps. Default: the wall clock. */
  clock?: Clock;
}

/** Longer than any job may run. */
const NO_LIMIT_MINUTES = 360 * 24;

/** The steps of one job, in the order and under the conditions of the official worker. */
export class JobSteps {
  /** Of the job so far. A caller that ran a hook before the steps sets it. */
  status: Status = "success";
  /** Steps of the file, in order. */
  readonly reports: StepReport[] = [];
  /** For annotations of the job. */
  readonly errors: string[] = [];
  private readonly values: StepValues;
  private readonly actions: ActionSteps;
  private readonly paths: string[] = [];
  private readonly posts: Later[] = [];
  private readonly job: Scope = { results: {}, overlay: {}, status: "success", isJob: true };
  private readonly masks: Masks;
  private readonly clock: Clock;
  private readonly plan: JobPlan;
  private readonly performer: Performer;
  private readonly signals: JobSignals;

  constructor({ plan, expressions, performer, signals, masks, clock }: JobStepsOptions) {
    this.plan = plan;
    this.performer = performer;
    this.signals = signals;
    this.masks = masks ?? new Masks(plan.masks);
    this.clock = clock ?? new RealClock();
    this.values = new StepValues(plan, expressions, performer, () => this.status);
    const step = (one: PlannedStep, scope: Scope) => this.step(one, scope);
    this.actions = new ActionSteps({ plan, values: this.values, performer, paths: this.paths, posts: this.posts, step });
    if (signals.cancel.aborted) this.status = "cancelled";
    // Before any step's own listener, whose condition sees the new status.
    else signals.cancel.addEventListener("abort", () => (this.status = "cancelled"), { once: true });
  }

  async run(): Promise<void> {
    try {
      for (const template of this.plan.env) {
        for (const [name, value] of Object.entries(this.values.texts(template, this.job, {}))) this.values.variables.set(name, value);
      }
      const before = this.plan.steps.flatMap((step) => this.actions.before(step, this.job) ?? []);
      for (const one of before) await this.later(one);
    } catch (error) {
      this.fail(error);
    }
    for (const step of this.plan.steps) await this.step(step, this.job);
  }

  /** The later parts of actions, the last one first. */
  async post(): Promise<void> {
    for (let later = this.posts.pop(); later; later = this.posts.pop()) await this.later(later);
  }

  /** Of the job. GitHub passes on none that contains a secret. */
  outputs(): Record<string, string> {
    if (!this.plan.outputs) return {};
    try {
      const all = Object.entries(this.values.texts(this.plan.outputs, this.job, {}));
      const hidden = all.filter(([, value]) => this.masks.hides(value));
      for (const [name] of hidden) this.performer.log(`##[warning]Skip output '${name}' since it may contain secret.`);
      return Object.fromEntries(all.filter((one) => !hidden.includes(one)));
    } catch (error) {
      this.fail(error);
      return {};
    }
  }

  private async step(step: PlannedStep, scope: Scope): Promise<void> {
    if (this.signals.shutdown.aborted || scope.late?.aborted) return this.record(step, scope, "skipped", "skipped", {});
    let { overlay } = scope;
    let isDue: boolean;
    try {
      if (step.env) overlay = { ...overlay, ...this.values.texts(step.env, scope, overlay) };
      isDue = this.values.holds(step.if, scope, overlay);
    } catch (error) {
      this.note(messageOf(error));
      return this.settle(step, scope, overlay, "failure", {});
    }
    const name = this.values.name(step, scope, overlay);
    this.performer.log(`${name}: ${isDue ? "run" : "skip"}`);
    if (!isDue) return this.record(step, scope, "skipped", "skipped", {});
    const { outcome, outputs } = await this.limited(step, scope, overlay, name);
    this.settle(step, scope, overlay, outcome, outputs);
  }

  /** Runs a step that is due until it ends, its time is up or the job's cancellation ends it. */
  private async limited(step: PlannedStep, scope: Scope, overlay: Overlay, name: string) {
    const [stop, late] = [new AbortController(), new AbortController()];
    const { shutdown, cancel } = this.signals;
    const abort = () => stop.abort();
    // The condition is evaluated once more: an `always()` step continues.
    const reconsider = () => this.holds(step.if, scope, overlay) || stop.abort();
    for (const signal of [shutdown, scope.late]) signal?.addEventListener("abort", abort, { once: true });
    cancel.addEventListener("abort", reconsider, { once: true });
    let reply: StepReply;
    let timer: { cancel(): void } | undefined;
    try {
      const minutes = step.timeoutMinutes ? Number(this.values.value(step.timeoutMinutes, scope, overlay)) : NO_LIMIT_MINUTES;
      if (Number.isNaN(minutes)) throw new Error(`${name}: timeout-minutes is no number`);
      timer = this.clock.after(minutes * 60_000, () => {
        this.note(`The action '${name}' has timed out after ${minutes} minutes.`);
        late.abort();
        stop.abort();
      });
      reply = await this.perform({ step, scope, overlay, name, stop: stop.signal, late: late.signal });
    } catch (error) {
      reply = { code: 1, error: messageOf(error) };
    } finally {
      timer?.cancel();
      for (const signal of [shutdown, scope.late]) signal?.removeEventListener("abort", abort);
      cancel.removeEventListener("abort", reconsider);
    }
    const ended = late.signal.aborted ? "late" : stop.signal.aborted ? "stopped" : "alone";
    return { outcome: this.take(reply, name, ended), outputs: reply.outputs ?? {} };
  }

  private perform(call: StepCall): Promise<StepReply> {
    const { step, scope, overlay, name, stop } = call;
    const { run } = step;
    if (!run) return this.actions.run(call);
    const defaults = scope.isJob ? this.plan.defaults : {};
    const text = (template: Template | undefined) => template && (this.values.text(template, scope, overlay) || undefined);
    const environment = this.values.environment(step, scope, overlay);
    const script = this.values.text(run.script, scope, overlay);
    const shell = text(run.shell ?? defaults.shell);
    const workingDirectory = text(run.workingDirectory ?? defaults.workingDirectory);
    return this.performer.script({ name, id: step.id, script, shell, workingDirectory, environment, paths: this.paths }, stop);
  }

  private async later({ name, condition, scope, overlay, run }: Later): Promise<void> {
    const isDue = !this.signals.shutdown.aborted && this.holds(condition, scope, overlay);
    this.performer.log(`${name}: ${isDue ? "run" : "skip"}`);
    if (!isDue) return;
    const reply = await run(this.signals.shutdown).catch((error: unknown): StepReply => ({ code: 1, error: messageOf(error) }));
    if (this.take(reply, name, "alone") === "failure" && this.status === "success") this.status = "failure";
  }

  /** What a step leaves to later ones, and how it ended. */
  private take(reply: StepReply, name: string, ended: "alone" | "stopped" | "late"): Status {
    for (const [variable, value] of reply.variables ?? []) this.values.variables.set(variable, value);
    for (const path of reply.paths ?? []) this.paths.unshift(path);
    if (ended === "stopped") return "cancelled";
    if (ended === "late") return "failure";
    if (reply.error !== undefined) this.note(reply.error);
    else if (reply.code !== 0) this.note(`${name}: Process completed with exit code ${reply.code}.`);
    return reply.code === 0 && reply.error === undefined ? "success" : "failure";
  }

  private settle(step: PlannedStep, scope: Scope, overlay: Overlay, outcome: Outcome, outputs: Record<string, string>): void {
    const isForgiven = outcome === "failure" && step.continueOnError !== undefined && this.truth(step.continueOnError, scope, overlay);
    const conclusion = isForgiven ? "success" : outcome;
    this.record(step, scope, outcome, conclusion, outputs);
    if (conclusion !== "failure" && conclusion !== "cancelled") return;
    scope.status = conclusion;
    if (scope.isJob && this.status === "success") this.status = conclusion;
  }

  private record(step: PlannedStep, scope: Scope, outcome: Outcome, conclusion: Outcome, outputs: Record<string, string>): void {
    scope.results[step.id] = { outputs, outcome, conclusion };
    if (scope.isJob) this.reports.push({ id: step.id, name: this.values.name(step, scope, scope.overlay), outcome, conclusion });
  }

  /** A condition that cannot be evaluated does not hold. */
  private holds(condition: string, scope: Scope, overlay: Overlay): boolean {
    try {
      return this.values.holds(condition, scope, overlay);
    } catch (error) {
      this.note(messageOf(error));
      return false;
    }
  }

  private truth(template: Template, scope: Scope, overlay: Overlay): boolean {
    try {
      return this.values.value(template, scope, overlay) === true;
    } catch (error) {
      this.note(messageOf(error));
      return false;
    }
  }

  private fail(error: unknown): void {
    this.note(messageOf(error));
    if (this.status === "success") this.status = "failure";
  }

  private note(problem: string): void {
    const shown = this.masks.apply(problem);
    this.errors.push(shown);
    this.performer.log(`##[error]${shown}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
