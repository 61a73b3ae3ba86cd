import type { RequestListener } from "node:http";
import { type Clock, RealClock } from "../clock";
import { Timeline } from "../timeline";
import { documentAt, idTokenRequests } from "./direct-requests";
import { type App, GitHubCredentials, type TokenAccess } from "./github-credentials";
import { GitHubFaults } from "./github-faults";
import { GitHubFront } from "./github-front";
import type { Hook } from "./hooks";
import type { GitHubReply, GitHubRequest } from "./http";
import type { Job, JobSpec, Run } from "./jobs";
import { GITHUB_DEFAULTS, type GitHubOptions } from "./github-options";
import { JobFaults } from "./job-faults";
import { JobTokens } from "./oidc/job-tokens";
import { WorkflowTokens } from "./oidc/workflow-tokens";
import { Outage } from "./outage";
import { Protocol } from "./protocol";
import { JobQueue } from "./queue";
import { RateLimit } from "./rate-limit";
import { Repositories, type Repository } from "./repositories";
import type { RepositorySettings } from "./repository-settings";
import { Rest } from "./rest";
import { type RegisteredRunner, type RegistrationRequest, RunnerWire } from "./runner-wire";
import { type Runner, Runners } from "./runners";
import { Settled } from "./settled";
import type { VersionEnds } from "./version-schedules";
import type { WebhookFaults } from "./webhook-faults";
import { Webhooks } from "./webhooks";
import { actionsToken } from "./workflows/actions-token";
import { Workflows } from "./workflows/workflows";

/**
 * The part of GitHub that a pool of self-hosted runners uses: the REST routes, the downloads, the runner protocol and a
 * job queue. `handler` serves every name in GITHUB_HOSTS; any other host name is treated as a GitHub Enterprise Server,
 * with REST under `/api/v3`.
 */
export class GitHub {
  readonly options: GitHubOptions;
  readonly faults = new GitHubFaults();
  readonly jobFaults = new JobFaults();
  readonly webhookFaults: WebhookFaults;
  /** The runner protocol without HTTP, for simulated hosts. */
  readonly protocol: Protocol;
  /** Issuer of the tokens that jobs request. */
  readonly workflowTokens: WorkflowTokens;
  /** Runs workflow files. */
  readonly workflows: Workflows;
  private readonly runnerRegistry: Runners;
  private readonly credentials: GitHubCredentials;
  private readonly queue: JobQueue;
  private readonly repositories = new Repositories();
  private readonly outage = new Outage();
  private readonly webhooks: Webhooks;
  private readonly rateLimit: RateLimit;
  private readonly rest: Rest;
  private readonly wire: RunnerWire;
  private readonly front: GitHubFront;
  private readonly settled = new Settled(() => this.queue.open > 0 || this.workflows.open > 0);
  private readonly unsubscribe: () => void;

  constructor(
    private readonly clock: Clock = new RealClock(),
    readonly timeline: Timeline = new Timeline(() => clock.now()),
    options: Partial<GitHubOptions> = {},
  ) {
    this.options = { isAway: () => this.outage.isAway, ...GITHUB_DEFAULTS, ...options };
    this.credentials = new GitHubCredentials(clock, this.options);
    this.rateLimit = new RateLimit(clock, this.options.pointsPerMinute);
    this.runnerRegistry = new Runners(clock, timeline, this.options);
    this.queue = new JobQueue(clock, timeline, this.runnerRegistry, this.options);
    const runService = this.options.baseUrl ?? "https://broker.actions.githubusercontent.com";
    this.workflowTokens = new WorkflowTokens(this.options, this.repositories);
    const jobTokens = new JobTokens(this.workflowTokens);
    const variables = (job: Job) => jobTokens.variables(job);
    this.protocol = new Protocol(clock, this.runnerRegistry, this.queue, this.options, runService, variables);
    const { baseUrl, deliver } = this.options;
    const api = baseUrl ? `${baseUrl}/api/v3` : "https://api.github.com";
    this.webhooks = new Webhooks(clock, timeline, this.repositories, this.outage, deliver, api);
    this.webhookFaults = this.webhooks.faults;
    this.workflows = new Workflows({
      clock,
      queue: this.queue,
      repositories: this.repositories,
      server: baseUrl ?? `https://${this.options.host}`,
      api,
      queuedMs: this.options.queuedMs,
      isAway: () => this.options.isAway?.() ?? false,
      mintToken: (repository, permissions) => actionsToken(this.credentials, repository, permissions),
      revokeToken: (token) => this.credentials.revokeInstallationToken(token),
      idToken: (job) => jobTokens.request(job as Job),
      onEnd: () => this.settled.changed(),
    });
    this.queue.onAction = (job, action) => {
      this.repositories.add(job.run.repository);
      jobTokens.changed(job);
      this.webhooks.jobChanged(job, action);
      // Last: what a job's end begins is reported after it.
      this.workflows.jobChanged(job, action);
    };
    this.queue.isWithheld = (job) => this.jobFaults.take(job);
    this.jobFaults.onRelease = (job) => this.queue.release(job);
    this.outage.onEnd = () => this.protocol.offerAll();
    const { credentials, runnerRegistry, rateLimit, repositories, queue, webhooks } = this;
    this.rest = new Rest(credentials, runnerRegistry, rateLimit, this.options, repositories, queue, webhooks, () => clock.now());
    this.wire = new RunnerWire(this.credentials, this.runnerRegistry, this.queue, this.protocol);
    this.front = new GitHubFront(this.options, this.faults, this.outage, this.wire, this.rest, this.workflowTokens);
    this.unsubscribe = timeline.subscribe(() => this.settled.changed());
  }

  /** For `http.createServer`, or for a front end that dispatches by host name. */
  readonly handler: RequestListener = (req, res) => void this.front.handle(req, res);

  registerApp(app: App): void {
    this.credentials.addApp(app);
    this.webhooks.hooks.ofApp(app);
  }

  /** The owner of an App's installations accepts further permissions. Throws for an unknown App. */
  grantPermissions(appId: number, permissions: App["permissions"]): void {
    // Tokens that exist already have them, too.
    for (const installation of this.credentials.app(appId).installations) Object.assign(installation.permissions, permissions);
  }

  /** An App's own webhook, as its owner sees and changes it in the App's settings. Throws for an unknown App. */
  appHook(appId: number): Pick<Hook, "url"> {
    return this.webhooks.hooks.ofApp(this.credentials.app(appId));
  }

  /** Makes a repository known before its first job: installations list it. @param fullName `OWNER/REPO` */
  addRepository(fullName: string, settings?: { isPrivate?: boolean; archived?: boolean }): Readonly<Repository> {
    return this.repositories.add(fullName, settings);
  }

  /** A personal access token; `scopes`: organizations and `OWNER/REPO`s whose runners it may manage. */
  registerToken(token: string, scopes: string[], access?: TokenAccess): void {
    this.credentials.addToken(token, scopes, access);
  }

  /** The settings of a repository, which the stand-in reads anew in each request. @param repository `OWNER/REPO` */
  configureRepository(repository: string, settings: RepositorySettings): void {
    this.rest.repositories.set(repository.toLowerCase(), settings);
  }

  /** A one-hour token as the REST routes create it; `scope` is an organization or `OWNER/REPO`. */
  mintRegistrationToken(scope: string, purpose: "register" | "remove" = "register"): string {
    return this.credentials.mintRegistrationToken(scope, purpose).token;
  }

  /**
   * Every scope has the group `Default`; any other must be added before a runner can register in it.
   *
   * @param repositories `OWNER/REPO`s whose jobs the group's runners take; undefined: all. The default group can be restricted too.
   */
  addRunnerGroup(scope: string, group: string, repositories?: readonly string[]): void {
    this.runnerRegistry.groups.add(scope, group, repositories);
  }

  /** Begins a run to which several jobs can belong, by its id. @param repository `OWNER/REPO` */
  startRun(repository: string, workflow: string): Readonly<Run> {
    return this.queue.known.runs.start(repository, workflow, this.clock.now());
  }

  /** What a job waits for is granted: it is queued. */
  approveJob(id: string): void {
    this.queue.approve(id);
  }

  /**
   * GitHub is away until the returned function is called: REST answers 503, no job is assigned and nothing is delivered. Runners keep
   * the jobs that they run.
   *
   * @param events of that time: delivered when it ends, or never
   */
  goAway(events: "late" | "never" = "late"): () => void {
    return this.outage.begin(events);
  }

  /** Resolves once no delivery of a webhook is under way. */
  deliveriesSettled(): Promise<void> {
    return this.webhooks.deliveries.settled();
  }

  /** Where the webhooks of Apps, organizations and repositories point; empty for an App whose webhook has no address. */
  webhookUrls(): string[] {
    return this.webhooks.hooks.urls();
  }

  /** Returns the job's id, which is also its name in the timeline. */
  queueJob(spec: JobSpec): string {
    return this.queue.queue(spec);
  }

  /** Like "Cancel workflow": a running job's `always()` steps and completed hook still run. */
  cancelJob(id: string): void {
    this.queue.cancel(id);
  }

  /** Makes a runner update itself, as GitHub does within a week of a release. Throws for an unknown runner. */
  updateRunner(name: string, version: string): void {
    const runner = this.runnerRegistry.all().find((known) => known.name === name);
    if (!runner) throw new Error(`runner ${name} cannot be updated: it is not registered`);
    this.protocol.update(runner.id, version);
  }

  /** Plans the end of a version of the runner, as GitHub does for each when a newer one is released. */
  scheduleVersion(version: string, ends: VersionEnds): void {
    this.rest.versions.set(version, ends);
  }

  /** Throws ProtocolError JobNotFound. */
  job(id: string): Readonly<Job> {
    return this.queue.known.get(id);
  }

  jobs(): readonly Readonly<Job>[] {
    return this.queue.known.all();
  }

  runners(): readonly Readonly<Runner>[] {
    return this.runnerRegistry.all();
  }

  /** Resolves once no job is queued, assigned or running, and none is to come in a run of a workflow file. */
  jobsSettled(): Promise<void> {
    return this.settled.reached();
  }

  /** Registration without HTTP, for simulated hosts. Throws ProtocolError. */
  register(request: RegistrationRequest): RegisteredRunner {
    return this.wire.register(request);
  }

  /** `config.sh remove` without HTTP. Throws ProtocolError. */
  unregister(request: { url: string; token: string; runnerId: number }): void {
    this.wire.unregister(request);
  }

  /** Most requests of one caller in one hour of the rate limit, and the number of requests refused beyond the limit. */
  get rateLimits(): { busiest: number; refused: number } {
    return { busiest: this.rateLimit.busiest, refused: this.rateLimit.refused };
  }

  /** Requests that counted against the hourly limit, by `installation ID n` or `user ID n`. */
  requestsUsed(rateKey: string): number {
    return this.rateLimit.used(rateKey);
  }

  /** The REST routes that are served, as spelled in GitHub's OpenAPI description: `METHOD /template`. */
  restRoutes(): string[] {
    return this.rest.served();
  }

  /** Ends all waits. Safe to call twice. */
  close(): void {
    this.unsubscribe();
    this.protocol.close();
    this.workflows.close();
    this.queue.close();
    this.webhooks.close();
  }

  /**
   * One request without a socket, for clients in this process: faults, limits and shapes apply as over HTTP. Rejects
   * with ConnectionCut where HTTP would lose its connection; other errors are returned as GitHub's error replies.
   */
  async request(call: GitHubRequest): Promise<GitHubReply> {
    return this.front.request(call, (ms) => this.clock.sleep(ms));
  }

  /** A token at the address that a job has for it, for jobs whose steps are functions of this process. */
  readonly requestIdToken = idTokenRequests((call) => this.request(call));

  /** A public document of GitHub's, as services read it that have no socket here. Rejects unless it is served. */
  document(url: string): Promise<unknown> {
    return documentAt((call) => this.request(call), url);
  }
}
