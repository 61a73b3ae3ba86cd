import { TOKEN_REQUEST_ENV } from "../../../contract/shared/workflow-token";
import { type Job, ended } from "../jobs";
import type { TokenGrant, WorkflowTokens } from "./workflow-tokens";

/** The permission of jobs to request tokens: from their acquisition to their end. */
export class JobTokens {
  private readonly grants = new Map<Job, TokenGrant>();

  constructor(private readonly tokens: WorkflowTokens) {}

  /** To be called when a job was acquired or has ended. */
  changed(job: Job): void {
    if (ended(job)) {
      this.grants.get(job)?.end();
      this.grants.delete(job);
    } else if (job.state === "acquired" && job.spec.idToken && !this.grants.has(job)) {
      const { run, number } = job;
      const { repository, workflow } = run;
      const runner = job.spec.hosted ? ("github-hosted" as const) : ("self-hosted" as const);
      const identity = { ...job.spec.idToken, repository, workflow, checkRunId: number, runner };
      const grant = this.tokens.grant({ ...identity, run: { id: run.id, number: run.number, attempt: job.attempt } });
      if (grant) this.grants.set(job, grant);
    }
  }

  /** Where the job requests its tokens, and by which one of its own; undefined without the permission. */
  request(job: Job): { url: string; token: string } | undefined {
    const { [TOKEN_REQUEST_ENV.url]: url, [TOKEN_REQUEST_ENV.token]: token } = this.variables(job);
    return url === undefined || token === undefined ? undefined : { url, token };
  }

  variables(job: Job): Record<string, string> {
    return this.grants.get(job)?.environment ?? {};
  }
}
