import type { FunctionCall, StepReply } from "../../runner/steps/performer";
import type { JobSteps } from "../../runner/steps/job-steps";
import type { JobPlan, StepReport } from "../../runner/steps/plan";
import type { Annotation, JobResult } from "../messages";

/** A job for one of GitHub's own machines. */
export interface HostedJob {
  id: string;
  name: string;
  plan: JobPlan;
  cancel: AbortSignal;
  /** GitHub has taken the machine away: nothing of the job may go on, its `always()` steps included. */
  gone: AbortSignal;
  /** One line of the job's log, without secrets. */
  log: (line: string) => void;
}

export interface HostedResult {
  result: JobResult;
  outputs: Record<string, string>;
  annotations: Annotation[];
  steps: StepReport[];
}

/** Runs the jobs of GitHub's own machines. */
export interface HostedExecutor {
  /** Resolves when the job has ended; rejects only if the executor itself is broken. */
  run(job: HostedJob): Promise<HostedResult>;
  /** What separates its jobs from the rest of the machine, for the report. */
  readonly isolation: string;
}

/** All parts of a job, and what GitHub learns of it. */
export async function runJob(steps: JobSteps, annotations: Annotation[] = []): Promise<HostedResult> {
  await steps.run();
  await steps.post();
  const outputs = steps.outputs();
  for (const message of steps.errors) annotations.push({ level: "failure", message });
  const result = ({ success: "Succeeded", failure: "Failed", cancelled: "Canceled" } as const)[steps.status];
  return { result, outputs, annotations, steps: steps.reports };
}

/** What a function in the place of an action can do. */
export interface ActionCall extends FunctionCall {
  /** Ended by a cancellation. */
  stop: AbortSignal;
  log(line: string): void;
  setOutput(name: string, value: string): void;
  /** For all later steps. */
  setVariable(name: string, value: string): void;
  addPath(folder: string): void;
  addMask(value: string): void;
  /** @throws if the job has no permission `id-token: write` */
  requestIdToken(audience: string): Promise<string>;
}

/** By the name in the table of stand-ins. A function fails its step by throwing. */
export type ActionFunctions = Readonly<Record<string, (call: ActionCall) => Promise<void>>>;

/** How a token is requested at `ACTIONS_ID_TOKEN_REQUEST_URL`. */
export type RequestIdToken = (url: string, bearer: string) => Promise<string>;

export async function callFunction(
  functions: ActionFunctions,
  name: string,
  call: FunctionCall,
  around: { stop: AbortSignal; log: (line: string) => void; addMask: (value: string) => void; requestIdToken: RequestIdToken },
): Promise<StepReply> {
  const act = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!act) throw new Error(`uses: ${call.reference}: the executor has no function ${name}`);
  const reply = { code: 0, outputs: {} as Record<string, string>, variables: [] as [string, string][], paths: [] as string[] };
  let isKilled = false;
  const work = act({
    ...call,
    stop: around.stop,
    log: around.log,
    setOutput: (key, value) => (reply.outputs[key] = value),
    setVariable: (key, value) => void reply.variables.push([key, value]),
    addPath: (folder) => void reply.paths.push(folder),
    addMask: around.addMask,
    requestIdToken: async (audience) => {
      // What a killed process cannot do either.
      if (isKilled) throw new Error(`${call.reference}: its step was ended`);
      const { idToken } = call;
      if (!idToken)
        throw new Error("Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable: the job needs the permission id-token: write");
      const token = await around.requestIdToken(`${idToken.url}&audience=${encodeURIComponent(audience)}`, idToken.token);
      around.addMask(token);
      return token;
    },
  });
  const stopped = new Promise<"stopped">((resolve) => {
    if (around.stop.aborted) resolve("stopped");
    else around.stop.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  // A process would be killed; a function that pays no attention to its signal is left alone.
  if ((await Promise.race([work, stopped])) !== "stopped") return reply;
  isKilled = true;
  return { ...reply, code: 1 };
}
