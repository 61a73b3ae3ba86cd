import { GitHub } from "../../../../rehearsal/github";
import type { Job, Run } from "../../../../rehearsal/github/jobs";
import { conclusionOf } from "../../../../rehearsal/github/runs";
import type { ActionTable } from "../../../../rehearsal/github/workflows/actions";
import { FunctionExecutor } from "../../../../rehearsal/github/workflows/function-executor";
import type { ActionFunctions } from "../../../../rehearsal/github/workflows/hosted";
import type { WorkflowRepository } from "../../../../rehearsal/github/workflows/workflow-repository";
import { Timeline } from "../../../../rehearsal/timeline";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";

export const REPOSITORY = "acme/app";
const FILE = ".github/workflows/ci.yml";

/**
 * A GitHub stand-in on a virtual clock whose scripts are of four words: `sleep SECONDS`, `output NAME=VALUE`, `fail` and `echo`.
 */
export class Simulated {
  readonly clock = new VirtualClock({ promisesOnly: true });
  readonly github: GitHub;
  readonly repository: WorkflowRepository;
  /** `JOB begins` and `JOB ends`, with the seconds since the start. */
  readonly log: string[] = [];
  private readonly start = this.clock.now();

  constructor(options: { actions?: ActionTable; functions?: ActionFunctions } = {}) {
    this.github = new GitHub(this.clock, new Timeline(() => this.clock.now()), { wallNow: () => this.clock.now() });
    const { clock, github } = this;
    github.workflows.use({
      executor: new FunctionExecutor({
        clock,
        functions: options.functions ?? {},
        requestIdToken: github.requestIdToken,
        script: (call) => (call.script.startsWith("curl") ? undefined : this.play(call.script, call.setOutput, call.stop, call.log)),
      }),
      actions: options.actions,
    });
    this.repository = github.workflows.repository(REPOSITORY);
    github.timeline.subscribe((event) => {
      if (event.kind !== "job") return;
      const { name } = github.job(event.job).spec;
      if (event.change === "acquired") this.log.push(`${this.seconds} ${name} begins`);
      if (event.change === "succeeded" || event.change === "failed") this.log.push(`${this.seconds} ${name} ends`);
    });
  }

  get seconds(): number {
    return (this.clock.now() - this.start) / 1000;
  }

  /** Pushes the workflow and returns its run when it has ended. */
  async run(workflow: string, files: Record<string, string> = {}): Promise<Readonly<Run>> {
    const run = await this.begin(workflow, files);
    await this.settled();
    return run;
  }

  async begin(workflow: string, files: Record<string, string> = {}): Promise<Readonly<Run>> {
    const [run] = await this.repository.push({ [FILE]: workflow, ...files });
    if (!run) throw new Error("the push started no run");
    return run;
  }

  settled(): Promise<void> {
    return this.clock.flow(() => this.github.jobsSettled());
  }

  async after(seconds: number): Promise<void> {
    await this.clock.flow(() => this.clock.sleep(seconds * 1000));
  }

  close(): void {
    this.github.close();
    this.clock.close();
  }

  private async play(
    script: string,
    setOutput: (name: string, value: string) => void,
    stop: AbortSignal,
    log: (line: string) => void,
  ): Promise<void> {
    for (const line of script.split("\n").filter((one) => one.trim() !== "")) {
      const [word, ...rest] = line.trim().split(" ");
      const text = rest.join(" ");
      if (stop.aborted) return;
      if (word === "sleep") await this.clock.sleep(Number(text) * 1000);
      else if (word === "output") setOutput(text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1));
      else if (word === "fail") throw new Error("failed as told");
      else if (word === "echo") log(text);
      else throw new Error(`the test has no script word ${word}`);
    }
  }
}

/** What became of each job of the run's latest attempt. */
export function conclusions(run: Readonly<Run>): Record<string, string | undefined> {
  return Object.fromEntries(run.jobs.map((job: Job) => [job.spec.name, job.conclusion]));
}

export function conclusion(run: Readonly<Run>): string | null {
  return conclusionOf(run as Run);
}
