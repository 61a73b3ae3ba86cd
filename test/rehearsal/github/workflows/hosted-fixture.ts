import type { ActionTable } from "../../../../rehearsal/github/workflows/actions";
import type { ActionFunctions } from "../../../../rehearsal/github/workflows/hosted";
import type { HostedNetwork } from "../../../../rehearsal/github/workflows/hosted-network";
import { ProcessExecutor } from "../../../../rehearsal/github/workflows/process-executor";
import type { WorkflowRepository } from "../../../../rehearsal/github/workflows/workflow-repository";
import type { Run } from "../../../../rehearsal/github/jobs";
import { ORGANIZATION, serveGitHub, type ServedGitHub } from "../fixture";

const REPOSITORY = `${ORGANIZATION}/app`;
const FILE = ".github/workflows/ci.yml";

/** A GitHub stand-in on a loopback port whose hosted jobs are processes of this machine. */
export class Hosted {
  private constructor(
    readonly served: ServedGitHub,
    readonly repository: WorkflowRepository,
  ) {}

  static async open(options: { actions?: ActionTable; functions?: ActionFunctions; network?: HostedNetwork } = {}): Promise<Hosted> {
    const served = await serveGitHub();
    const { github } = served;
    const executor = new ProcessExecutor({ ...options, requestIdToken: github.requestIdToken });
    github.workflows.use({ executor, actions: { "actions/checkout": "checkout", ...options.actions } });
    return new Hosted(served, github.workflows.repository(REPOSITORY));
  }

  async begin(workflow: string, files: Record<string, string> = {}): Promise<Readonly<Run>> {
    const [run] = await this.repository.push({ [FILE]: workflow, ...files });
    if (!run) throw new Error("the push started no run");
    return run;
  }

  async run(workflow: string, files: Record<string, string> = {}): Promise<Readonly<Run>> {
    const run = await this.begin(workflow, files);
    await this.served.github.jobsSettled();
    return run;
  }

  /** A job with these steps; returns its outputs, log and result. */
  async steps(steps: string, more = "", files: Record<string, string> = {}) {
    const text = `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps.replace(/^/gm, "      ")}\n`;
    const run = await this.run(text, files);
    const job = run.jobs[0]!;
    const log = this.served.github.workflows.log(job.id);
    return {
      outputs: job.outputs ?? {},
      log,
      conclusion: job.conclusion,
      steps: job.steps ?? [],
      problems: job.annotations.map((one) => one.message),
    };
  }

  close(): Promise<void> {
    return this.served.close();
  }
}
