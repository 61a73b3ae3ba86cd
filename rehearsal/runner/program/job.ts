import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Annotation, type JobMessage, type JobResult, SHUTDOWN_ANNOTATION, type StepSpec } from "../../github/messages";
import { type Boundary, boundary } from "./barriers";
import { pause } from "./client";
import { Expressions, type ExpressionLibrary } from "../steps/expressions";
import { JobSteps } from "../steps/job-steps";
import { Masks } from "../steps/masks";
import type { JobPlan } from "../steps/plan";
import { ProcessPerformer } from "../steps/process-performer";
import { hookCommand } from "./hooks";
import { invoke, killOrphans } from "./invoke";
import type { Reporter } from "./reporter";
import { readSettings, ROOT, workFolder } from "./root";
import type { Traces } from "./traces";

type Status = "success" | "failure" | "cancelled";

interface Step {
  name: string;
  condition: NonNullable<StepSpec["condition"]>;
  /** Exit code; 0 is success. */
  run(): Promise<number>;
}

/** One job, from "Set up job" to "Complete job", in the order of the official worker. */
export class JobRun {
  private status: Status = "success";
  private readonly postSteps: Step[] = [];
  private readonly annotations: Annotation[] = [];
  private readonly trackingId = `github_${randomUUID()}`;
  private readonly folders: Record<"workspace" | "temp" | "tools", string>;
  private readonly environment: NodeJS.ProcessEnv;
  private scripts = 0;
  /** Of a job of a workflow file. */
  private readonly planned?: JobSteps;

  /**
   * `shutdown`: the runner is stopping. `cancel`: a user canceled the job.
   *
   * @param expressionLibrary evaluates the expressions of a job of a workflow file
   */
  constructor(
    private readonly job: JobMessage,
    private readonly reporter: Reporter,
    private readonly traces: Traces,
    private readonly shutdown: AbortSignal,
    private readonly cancel: AbortSignal,
    private readonly expressionLibrary: ExpressionLibrary,
  ) {
    const settings = readSettings();
    const work = workFolder(settings);
    const repository = job.environment.GITHUB_REPOSITORY?.split("/")[1] ?? "repository";
    this.folders = {
      workspace: join(work, repository, repository),
      temp: join(work, "_temp"),
      tools: join(work, "_tool"),
    };
    this.environment = {
      ...process.env,
      ...job.environment,
      CI: "true",
      GITHUB_WORKSPACE: this.folders.workspace,
      GITHUB_EVENT_PATH: join(this.folders.temp, "_github_workflow", "event.json"),
      RUNNER_ARCH: process.arch === "arm64" ? "ARM64" : "X64",
      RUNNER_NAME: settings.agentName,
      RUNNER_OS: "Linux",
      RUNNER_TEMP: this.folders.temp,
      RUNNER_TOOL_CACHE: this.folders.tools,
      RUNNER_TRACKING_ID: this.trackingId,
      RUNNER_WORKSPACE: join(work, repository),
    };
    cancel.addEventListener("abort", () => (this.status = "cancelled"));
    if (job.plan) this.planned = this.stepsOf(job.plan, settings.agentName);
  }

  private stepsOf(plan: JobPlan, runnerName: string): JobSteps {
    const masks = new Masks(plan.masks);
    const github = plan.contexts.github as { event?: never } | undefined;
    const performer = new ProcessPerformer({
      folders: { ...this.folders, actions: join(workFolder(readSettings()), "_actions") },
      environment: this.environment,
      runnerName,
      node: join(ROOT, "externals", "node20", "bin", "node"),
      checkout: plan.checkout,
      event: github?.event ?? {},
      masks,
      log: (line) => this.traces.write(line),
      annotate: (message, level) => this.annotations.push({ level, message }),
    });
    const signals = { shutdown: this.shutdown, cancel: this.cancel };
    return new JobSteps({ plan, expressions: new Expressions(this.expressionLibrary), performer, signals, masks });
  }

  async run(): Promise<JobResult> {
    const { annotations } = this;
    let result: JobResult;
    try {
      const steps = await this.setUp();
      await this.runSteps(steps);
      result = this.shutdown.aborted ? "Failed" : RESULTS[this.status];
    } catch (error) {
      // Only "Set up job" throws: a cancellation or a shutdown during it cancels the job.
      result = this.shutdown.aborted || this.cancel.aborted ? "Canceled" : "Failed";
      if (result === "Failed") annotations.push({ level: "failure", message: String(error) });
    }
    if (this.shutdown.aborted) annotations.push({ level: "failure", message: SHUTDOWN_ANNOTATION });
    if (result === "Failed" && !annotations.some(({ level }) => level === "failure")) {
      annotations.push({ level: "failure", message: "Process completed with exit code 1." });
    }
    const orphans = killOrphans(this.trackingId);
    if (orphans.length > 0) this.traces.write(`Cleaning up orphan processes: ${orphans.join(" ")}`);
    rmSync(this.folders.temp, { recursive: true, force: true });
    await boundary("reporting", this.job.jobId);
    const { planned } = this;
    await this.reporter.complete(result, annotations, planned && { outputs: planned.outputs(), steps: planned.reports });
    return result;
  }

  /** Prepares the workspace, waits for action downloads, and returns the steps: started hook first, completed hook last. */
  private async setUp(): Promise<Step[]> {
    for (const folder of Object.values(this.folders)) mkdirSync(folder, { recursive: true });
    mkdirSync(join(this.folders.temp, "_github_workflow"), { recursive: true });
    // The steps of a workflow file have their event already.
    if (!this.planned) writeFileSync(this.environment.GITHUB_EVENT_PATH ?? "", "{}\n");
    const stop = AbortSignal.any([this.shutdown, this.cancel]);
    await boundary("set-up", this.job.jobId, stop);
    await pause(this.job.setupSeconds * 1000, stop);
    const started = process.env.ACTIONS_RUNNER_HOOK_JOB_STARTED;
    const completed = process.env.ACTIONS_RUNNER_HOOK_JOB_COMPLETED;
    if (completed) this.postSteps.push(this.hook("Complete runner", completed, "completed-hook"));
    return [
      ...(started ? [this.hook("Set up runner", started, "hook")] : []),
      this.mark("steps-started"),
      ...(this.planned ? [this.fileSteps(this.planned)] : this.job.steps.map((step) => this.step(step))),
      this.mark("steps-ended"),
    ];
  }

  private async runSteps(steps: Step[]): Promise<void> {
    for (const step of steps) await this.runStep(step);
    for (let post = this.postSteps.pop(); post; post = this.postSteps.pop()) await this.runStep(post);
  }

  private async runStep(step: Step): Promise<void> {
    // After a shutdown, conditions are not evaluated: everything is skipped, including always() and the completed hook.
    const isDue = !this.shutdown.aborted && this.holds(step.condition);
    this.traces.write(`${step.name}: ${isDue ? "run" : "skip"}`);
    if (!isDue) return;
    let code: number;
    try {
      code = await step.run();
    } catch (error) {
      this.traces.write(`${step.name}: ${String(error)}`);
      code = 1;
    }
    if (code !== 0 && this.status === "success") this.status = "failure";
  }

  private holds(condition: Step["condition"]): boolean {
    if (condition === "always()") return true;
    return condition === "failure()" ? this.status === "failure" : this.status === "success";
  }

  private step(spec: StepSpec): Step {
    return {
      name: spec.name,
      condition: spec.condition ?? "success()",
      run: () => {
        // An action's post step is pushed when its step runs, so it runs before the completed hook.
        if (spec.post) this.postSteps.push(this.postStep(spec.name, spec.post));
        return this.script(spec, "steps", spec.condition === "always()");
      },
    };
  }

  /** All steps of a workflow's job: each has its own condition. */
  private fileSteps(planned: JobSteps): Step {
    const outcome = () => {
      for (const message of planned.errors.splice(0)) this.annotations.push({ level: "failure", message });
      return planned.status === "failure" ? 1 : 0;
    };
    return {
      name: "steps",
      condition: "always()",
      run: async () => {
        // After the started hook, whose failure skips all steps but those with `always()` or `failure()`.
        if (planned.status === "success") planned.status = this.status;
        this.postSteps.push({ name: "Post steps", condition: "always()", run: () => planned.post().then(outcome) });
        await boundary("steps", this.job.jobId, AbortSignal.any([this.shutdown, this.cancel])).catch(() => {});
        await planned.run();
        return outcome();
      },
    };
  }

  private postStep(name: string, post: NonNullable<StepSpec["post"]>): Step {
    return { name: `Post ${name}`, condition: "always()", run: () => this.script(post, "post-steps", true) };
  }

  private mark(change: "steps-started" | "steps-ended"): Step {
    return {
      name: change,
      condition: "always()",
      run: () => {
        this.reporter.report(change);
        return Promise.resolve(0);
      },
    };
  }

  /** Hooks have no time limit, and a cancellation ends only the started hook. */
  private hook(name: string, path: string, kind: "hook" | "completed-hook"): Step {
    return {
      name,
      condition: "always()",
      run: async () => {
        const command = hookCommand(path);
        this.reporter.report(`${kind}-started`);
        const at = kind === "hook" ? "started-hook" : kind;
        const code = await this.invoke(command.file, command.arguments, at, kind === "completed-hook");
        this.reporter.report(`${kind}-ended`, code === 0 ? undefined : `exit code ${code}`);
        return code;
      },
    };
  }

  private script(spec: { seconds?: number; run?: string }, at: Boundary, survivesCancel: boolean): Promise<number> {
    const file = join(this.folders.temp, `${randomUUID()}-${this.scripts++}.sh`);
    writeFileSync(file, `${spec.run ?? `sleep ${spec.seconds ?? 0}`}\n`);
    return this.invoke("bash", ["-e", file], at, survivesCancel);
  }

  private async invoke(file: string, args: string[], at: Boundary, survivesCancel: boolean): Promise<number> {
    const cancel = survivesCancel ? this.shutdown : AbortSignal.any([this.shutdown, this.cancel]);
    await boundary(at, this.job.jobId, cancel);
    const output = (text: string) => this.traces.write(text.trimEnd());
    const environment = this.environment;
    return invoke({ file, arguments: args, cwd: this.folders.workspace, environment, cancel, output });
  }
}

const RESULTS: Readonly<Record<Status, JobResult>> = {
  success: "Succeeded",
  failure: "Failed",
  cancelled: "Canceled",
};
