import { type Job, repositoryOf } from "./jobs";
import type { JobMessage, RunnerMessage } from "./messages";
import type { GitHubOptions } from "./github-options";
import type { Runner } from "./runners";

/** Variables of a job that was acquired, besides those that every job has. */
export type JobVariables = (job: Job) => Record<string, string>;

/** Writes what GitHub sends to runners: numbered messages for a poll, and the reply to an acquisition. */
export class MessageWriter {
  private messageId = 0;

  constructor(
    private readonly options: GitHubOptions,
    private readonly runServiceUrl: string,
    private readonly variables: JobVariables,
  ) {}

  request(job: Job): RunnerMessage {
    return {
      messageId: ++this.messageId,
      messageType: "RunnerJobRequest",
      body: {
        jobId: job.id,
        runnerRequestId: String(job.requestId),
        shouldAcknowledge: true,
        runServiceUrl: this.runServiceUrl,
      },
    };
  }

  cancellation(job: Job): RunnerMessage {
    return {
      messageId: ++this.messageId,
      messageType: "JobCancellation",
      body: { jobId: job.id, timeoutSeconds: 300 },
    };
  }

  refresh(targetVersion: string): RunnerMessage {
    const base = this.options.baseUrl ?? `https://${this.options.host}`;
    const file = `actions-runner-linux-x64-${targetVersion}.tar.gz`;
    const downloadUrl = `${base}/actions/runner/releases/download/v${targetVersion}/${file}`;
    return { messageId: ++this.messageId, messageType: "RunnerRefresh", body: { targetVersion, downloadUrl } };
  }

  job(job: Job, runner: Runner): JobMessage {
    // A job that names no repository is taken for one of its runner's.
    const repository = repositoryOf({ repository: job.spec.repository, scope: runner.scope }, this.options.organization);
    return {
      jobId: job.id,
      planId: `plan-${job.requestId}`,
      requestId: job.requestId,
      jobDisplayName: job.spec.name,
      lockedUntil: new Date(job.lockedUntil ?? 0).toISOString(),
      setupSeconds: job.spec.setupSeconds ?? 0,
      steps: job.spec.steps ?? [{ name: "Work", seconds: job.spec.seconds ?? 1 }],
      ...(job.spec.plan && { plan: job.spec.plan(job) }),
      environment: {
        GITHUB_ACTIONS: "true",
        GITHUB_ACTOR: "octocat",
        GITHUB_JOB: job.spec.name,
        GITHUB_REPOSITORY: repository,
        GITHUB_REPOSITORY_OWNER: repository.split("/")[0] ?? "",
        GITHUB_RUN_ATTEMPT: String(job.attempt),
        GITHUB_RUN_ID: String(job.run.id),
        GITHUB_RUN_NUMBER: String(job.run.number),
        GITHUB_SERVER_URL: `https://${this.options.host}`,
        GITHUB_WORKFLOW: job.run.workflow,
        ...this.variables(job),
      },
      runServiceUrl: this.runServiceUrl,
      token: job.token,
    };
  }
}
