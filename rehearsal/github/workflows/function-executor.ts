import type { Clock } from "../../clock";
import { Expressions } from "../../runner/steps/expressions";
import { JobSteps } from "../../runner/steps/job-steps";
import { Masks } from "../../runner/steps/masks";
import type { CheckoutCall, FunctionCall, NodeCall, Performer, ScriptCall, StepReply } from "../../runner/steps/performer";
import type { Json, PlannedAction } from "../../runner/steps/plan";
import {
  type ActionCall,
  type ActionFunctions,
  callFunction,
  type HostedExecutor,
  type HostedJob,
  type HostedResult,
  type RequestIdToken,
  runJob,
} from "./hosted";
import { workflowLibrary } from "./library";

/** A script as its function sees it: what an action has, and the script itself. */
export interface ScriptFunctionCall extends ActionCall {
  id: string;
  script: string;
}

/** What a script does, or undefined for one that the function does not know. */
export type ScriptFunction = (call: ScriptFunctionCall) => Promise<void> | undefined;

export interface FunctionExecutorOptions {
  clock: Clock;
  /** By the name in the table of stand-ins; and actions of a tree, by their reference without `@REF`. */
  functions: ActionFunctions;
  /** For `run:`. */
  script: ScriptFunction;
  requestIdToken: RequestIdToken;
}

/**
 * Steps as functions of this process, for a virtual clock. Composite actions run as they are; a script or an action without a function is
 * refused by its name, because what it would have done is unknown.
 */
export class FunctionExecutor implements HostedExecutor {
  readonly isolation = "functions of the rehearsal instead of processes";

  constructor(private readonly options: FunctionExecutorOptions) {}

  run(job: HostedJob): Promise<HostedResult> {
    const { plan } = job;
    const masks = new Masks(plan.masks);
    const performer = new FunctionPerformer(job, masks, this.options);
    const expressions = new Expressions(workflowLibrary().expressions);
    const signals = { shutdown: job.gone, cancel: job.cancel };
    return runJob(new JobSteps({ plan, expressions, performer, signals, masks, clock: this.options.clock }));
  }
}

class FunctionPerformer implements Performer {
  readonly runner: { [key: string]: Json } = { name: "GitHub Actions", os: "Linux", arch: "X64", temp: "/tmp", tool_cache: "/tools" };
  readonly workspace = "/workspace";

  constructor(
    private readonly job: HostedJob,
    private readonly masks: Masks,
    private readonly options: FunctionExecutorOptions,
  ) {}

  script(call: ScriptCall, stop: AbortSignal): Promise<StepReply> {
    const { name, environment, id, script } = call;
    const { github } = this.job.plan.contexts;
    const { idToken } = this.job.plan;
    const asAction: FunctionCall = { name, reference: name, inputs: {}, environment, github: github as { [key: string]: Json }, idToken };
    const functions: ActionFunctions = {
      script: async (one) => {
        const known = this.options.script({ ...one, id, script });
        if (!known) throw new Error(`no function stands for this script: ${script.trim().split("\n")[0]}`);
        await known;
      },
    };
    return this.call(functions, "script", asAction, stop);
  }

  node(call: NodeCall, stop: AbortSignal): Promise<StepReply> {
    const { action, name, environment } = call;
    const reference = action.kind === "local" ? `./${action.path}` : `${action.repository}${action.path === "" ? "" : `/${action.path}`}`;
    const inputs = Object.fromEntries(
      Object.entries(environment).flatMap(([key, value]) =>
        key.startsWith("INPUT_") ? [[key.slice("INPUT_".length).toLowerCase(), value]] : [],
      ),
    );
    const { contexts, idToken } = this.job.plan;
    const { github } = contexts;
    return this.call(
      this.options.functions,
      reference,
      { name, reference, inputs, environment, github: github as { [key: string]: Json }, idToken },
      stop,
    );
  }

  act(call: FunctionCall, stop: AbortSignal): Promise<StepReply> {
    const action = this.job.plan.actions[call.reference];
    return this.call(this.options.functions, action?.kind === "function" ? action.name : "", call, stop);
  }

  checkout(_: CheckoutCall): Promise<StepReply> {
    return Promise.resolve({ code: 0 });
  }

  folderOf(action: Extract<PlannedAction, { kind: "local" | "remote" }>): string {
    return action.kind === "local" ? `${this.workspace}/${action.path}` : `/actions/${action.repository}/${action.ref}/${action.path}`;
  }

  hashFiles(): string {
    throw new Error("hashFiles() needs files, and steps are functions here");
  }

  log(line: string): void {
    this.job.log(this.masks.apply(line));
  }

  private call(functions: ActionFunctions, name: string, call: FunctionCall, stop: AbortSignal): Promise<StepReply> {
    const { requestIdToken } = this.options;
    const around = { stop, log: (line: string) => this.log(line), addMask: (value: string) => this.masks.add(value), requestIdToken };
    return callFunction(functions, name, call, around);
  }
}
