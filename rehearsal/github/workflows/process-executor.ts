import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killOrphans } from "../../runner/program/invoke";
import { Expressions } from "../../runner/steps/expressions";
import { JobSteps } from "../../runner/steps/job-steps";
import { Masks } from "../../runner/steps/masks";
import type { Json } from "../../runner/steps/plan";
import { ProcessPerformer } from "../../runner/steps/process-performer";
import type { Annotation } from "../messages";
import {
  type ActionFunctions,
  callFunction,
  type HostedExecutor,
  type HostedJob,
  type HostedResult,
  type RequestIdToken,
  runJob,
} from "./hosted";
import { environmentNetwork, type HostedNetwork } from "./hosted-network";
import { workflowLibrary } from "./library";

/** What a machine of GitHub's has before a job: nothing of this one's own variables, which may hold credentials. */
const BASE = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

export interface ProcessExecutorOptions {
  functions?: ActionFunctions;
  requestIdToken: RequestIdToken;
  /** Default: the environment only, which `isolation` says. */
  network?: HostedNetwork;
  /** Where the jobs' folders are made. */
  dir?: string;
}

/** Each job as real processes of this machine, in folders of its own that end with it. */
export class ProcessExecutor implements HostedExecutor {
  private readonly network: HostedNetwork;

  constructor(private readonly options: ProcessExecutorOptions) {
    this.network = options.network ?? environmentNetwork();
  }

  get isolation(): string {
    return this.network.isolation;
  }

  async run(job: HostedJob): Promise<HostedResult> {
    const root = mkdtempSync(join(this.options.dir ?? tmpdir(), "hosted-job-"));
    const trackingId = `github_${randomUUID()}`;
    // Also of a job that is still at work: this process may end before its processes would have.
    const remove = () => {
      killOrphans(trackingId);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    };
    job.gone.addEventListener("abort", remove, { once: true });
    try {
      return await this.work(job, root, trackingId);
    } finally {
      job.gone.removeEventListener("abort", remove);
      remove();
    }
  }

  private async work(job: HostedJob, root: string, trackingId: string): Promise<HostedResult> {
    const { plan } = job;
    const { network } = this;
    const masks = new Masks(plan.masks);
    const annotations: Annotation[] = [];
    const github = plan.contexts.github as { [key: string]: Json };
    const repository = String(github.repository ?? "").split("/")[1] ?? "repository";
    const home = join(root, "home");
    mkdirSync(home);
    const work = join(root, "work");
    const performer = new ProcessPerformer({
      folders: {
        workspace: join(work, repository, repository),
        temp: join(work, "_temp"),
        tools: join(root, "tools"),
        actions: join(work, "_actions"),
      },
      environment: {
        ...BASE,
        HOME: home,
        RUNNER_TRACKING_ID: trackingId,
        RUNNER_ENVIRONMENT: "github-hosted",
        ImageOS: "ubuntu24",
        ...network.environment,
      },
      runnerName: "GitHub Actions",
      node: process.execPath,
      checkout: plan.checkout,
      event: github.event ?? {},
      masks,
      log: job.log,
      annotate: (message, level) => annotations.push({ level, message }),
      prefix: network.prefix,
      functions: (call, log, stop) => {
        const action = plan.actions[call.reference];
        const name = action?.kind === "function" ? action.name : "";
        const { requestIdToken } = this.options;
        const around = { stop, log, addMask: (value: string) => masks.add(value), requestIdToken };
        return callFunction(this.options.functions ?? {}, name, call, around);
      },
    });
    const expressions = new Expressions(workflowLibrary().expressions);
    const signals = { shutdown: job.gone, cancel: job.cancel };
    return runJob(new JobSteps({ plan, expressions, performer, signals, masks }), annotations);
  }
}
