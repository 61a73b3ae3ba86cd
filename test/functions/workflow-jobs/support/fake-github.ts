import type {
  AppDescription,
  Delivery,
  DeliveringHook,
  Hook,
  HookSettings,
  Repository,
  RerunOutcome,
  RunnerGroup,
  WorkflowJob,
} from "../../../../functions/shared/github/api";
import { GitHubError } from "../../../../functions/shared/github/error";
import type { GitHubScope } from "../../../../functions/shared/github/account";
import type { GitHubApis } from "../../../../functions/workflow-jobs/shared/github-apis";

export interface TrueJob extends WorkflowJob {
  repository: string;
}

/** GitHub as the source's functions use it. It answers from the truth of its jobs, and fails where a test says so. */
export class FakeGitHub implements GitHubApis {
  scope: GitHubScope = { organization: "octo-org" };
  readonly jobs = new Map<number, TrueJob>();
  readonly extraRepositories: Repository[] = [];
  delivered: Delivery[] = [];
  /** Whether the list of all deliveries is complete. */
  complete = true;
  readonly redelivered: string[] = [];
  readonly reruns: string[] = [];
  rerunOutcome: RerunOutcome = { outcome: "accepted" };
  groups: (RunnerGroup & { repositories?: string[] })[] = [];
  description: AppDescription = {
    slug: "ci",
    permissions: { actions: "write", metadata: "read", organization_self_hosted_runners: "write" },
    events: ["workflow_job"],
  };
  hookUrl: string | undefined;
  hookSecret: string | undefined;
  ownHooks: (Hook & { secret: string })[] = [];
  quota = 1;
  /** `method argument` of every call. */
  readonly calls: string[] = [];
  /** Called before each call; throws to make it fail. */
  fault: (call: string) => void = () => {};

  set(job: Partial<TrueJob> & { id: number }): TrueJob {
    const known = this.jobs.get(job.id);
    const full: TrueJob = {
      ...{ runId: 7, attempt: 1, name: "test", workflow: "CI", status: "queued", labels: ["self-hosted", "Linux"] },
      ...{ createdAt: Date.parse("2026-11-29T08:00:00Z"), repository: "octo-org/app" },
      ...known,
      ...job,
    };
    this.jobs.set(job.id, full);
    return full;
  }

  callsTo(prefix: string): string[] {
    return this.calls.filter((call) => call.startsWith(prefix));
  }

  /** From now on the calls that match get this status. */
  failing(pattern: RegExp, status = 502): void {
    this.fault = (call) => {
      if (pattern.test(call)) throw new GitHubError(`${call}: ${status}`, status);
    };
  }

  private called(call: string): void {
    this.calls.push(call);
    this.fault(call);
  }

  private inRepository(name: string): TrueJob[] {
    return [...this.jobs.values()].filter(({ repository }) => repository === name);
  }

  readonly actions = {
    repositories: async () => {
      this.called("repositories");
      const names = new Set([...this.jobs.values()].map(({ repository }) => repository));
      return [...[...names].map((name) => ({ name, dormant: false })), ...this.extraRepositories];
    },
    runs: async (repository: string, status: string, etag: string | undefined) => {
      this.called(`runs ${repository} ${status}`);
      const runs = new Map<number, TrueJob[]>();
      for (const job of this.inRepository(repository)) runs.set(job.runId, [...(runs.get(job.runId) ?? []), job]);
      // A run with one running job is in progress although others queue.
      const value = [...runs].flatMap(([id, jobs]) => {
        const statuses = jobs.map((job) => job.status);
        const own = statuses.includes("in_progress") ? "in_progress" : statuses.includes("queued") ? "queued" : "completed";
        return own === status ? [{ id, attempt: 1, status: own, createdAt: jobs[0]!.createdAt }] : [];
      });
      const current = `"${value.map(({ id }) => id).join(",")}"`;
      return etag === current ? { unchanged: true as const } : { unchanged: false as const, value, etag: current };
    },
    jobs: async (repository: string, runId: number) => {
      this.called(`jobs ${repository} ${runId}`);
      const value = this.inRepository(repository).filter((job) => job.runId === runId);
      if (value.length === 0) throw new GitHubError(`GET run ${runId}: 404`, 404);
      return { unchanged: false as const, value };
    },
    job: async (_repository: string, jobId: number) => {
      this.called(`job ${jobId}`);
      return this.jobs.get(jobId);
    },
    rerun: async (repository: string, runId: number, which: string) => {
      this.called(`rerun ${repository} ${runId} ${which}`);
      if (this.rerunOutcome.outcome === "accepted") this.reruns.push(`${repository} ${runId} ${which}`);
      return this.rerunOutcome;
    },
    runnerGroups: async () => {
      this.called("runnerGroups");
      return this.groups;
    },
    groupRepositories: async (_organization: string, groupId: number) => {
      this.called(`groupRepositories ${groupId}`);
      return this.groups.find(({ id }) => id === groupId)?.repositories ?? [];
    },
    remainingQuota: () => this.quota,
  };

  readonly hooks = {
    findHook: async (_scope: GitHubScope, url: string) => {
      this.called("findHook");
      return this.ownHooks.find((hook) => hook.url === url);
    },
    putHook: async (_scope: GitHubScope, { url, secret, events }: HookSettings) => {
      this.called("putHook");
      this.ownHooks = [...this.ownHooks.filter((hook) => hook.url !== url), { id: 5, url, secret, events, active: true }];
      return 5;
    },
    removeHook: async (_scope: GitHubScope, url: string) => {
      this.called("removeHook");
      const before = this.ownHooks.length;
      this.ownHooks = this.ownHooks.filter((hook) => hook.url !== url);
      return this.ownHooks.length < before ? ("deleted" as const) : ("gone" as const);
    },
    deliveries: async (_hook: DeliveringHook, since: number, which: "all" | "failed") => {
      this.called(`deliveries ${which}`);
      const found = this.delivered.filter(({ at, statusCode }) => at >= since && (which === "all" || statusCode >= 400));
      return { deliveries: found.sort((a, b) => b.at - a.at), complete: which === "failed" || this.complete };
    },
    redeliver: async (_hook: DeliveringHook, id: string) => {
      this.called(`redeliver ${id}`);
      this.redelivered.push(id);
      return "accepted" as const;
    },
  };

  readonly app = {
    app: async () => (this.called("app"), this.description),
    appHookUrl: async () => (this.called("appHookUrl"), this.hookUrl),
    setAppHook: async ({ url, secret }: { url: string; secret?: string }) => {
      this.called("setAppHook");
      this.hookUrl = url;
      if (secret !== undefined) this.hookSecret = secret;
    },
  };
}
