import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Clock, RealClock } from "../clock";
import { Timeline } from "../timeline";
import { type App, GitHubCredentials, type TokenAccess } from "./github-credentials";
import { GitHubFaults } from "./github-faults";
import { type GitHubRequest, errorReply, HttpError, readGitHubRequest, type GitHubReply, send } from "./http";
import type { Job, JobSpec } from "./jobs";
import { GITHUB_DEFAULTS, GITHUB_HOSTS, type GitHubOptions } from "./github-options";
import { PROTOCOL_ERRORS, ProtocolError } from "./messages";
import { Protocol } from "./protocol";
import { JobQueue } from "./queue";
import { RateLimit } from "./rate-limit";
import { serveRelease } from "./releases";
import type { RepositorySettings } from "./repository-settings";
import { Rest } from "./rest";
import { type RegisteredRunner, type RegistrationRequest, RunnerWire } from "./runner-wire";
import { type Runner, Runners } from "./runners";
import type { VersionEnds } from "./version-schedules";

/** Marks where HTTP would lose its connection without a reply. */
class ConnectionCut extends Error {}

/**
 * The part of GitHub that a pool of self-hosted runners uses: the REST routes, the downloads, the runner protocol and a
 * job queue. `handler` serves every name in GITHUB_HOSTS; any other host name is treated as a GitHub Enterprise Server,
 * with REST under `/api/v3`.
 */
export class GitHub {
  readonly options: GitHubOptions;
  readonly faults = new GitHubFaults();
  /** The runner protocol without HTTP, for simulated hosts. */
  readonly protocol: Protocol;
  private readonly runnerRegistry: Runners;
  private readonly credentials: GitHubCredentials;
  private readonly queue: JobQueue;
  private readonly rateLimit: RateLimit;
  private readonly rest: Rest;
  private readonly wire: RunnerWire;
  private readonly settledWaiters = new Set<() => void>();
  private readonly unsubscribe: () => void;

  constructor(
    private readonly clock: Clock = new RealClock(),
    readonly timeline: Timeline = new Timeline(() => clock.now()),
    options: Partial<GitHubOptions> = {},
  ) {
    this.options = { ...GITHUB_DEFAULTS, ...options };
    this.credentials = new GitHubCredentials(clock, this.options);
    this.rateLimit = new RateLimit(clock, this.options.rateLimit);
    this.runnerRegistry = new Runners(clock, timeline);
    this.queue = new JobQueue(clock, timeline, this.runnerRegistry, this.options);
    const runService = this.options.baseUrl ?? "https://broker.actions.githubusercontent.com";
    this.protocol = new Protocol(clock, this.runnerRegistry, this.queue, this.options, runService);
    this.rest = new Rest(this.credentials, this.runnerRegistry, this.rateLimit, this.options);
    this.wire = new RunnerWire(this.credentials, this.runnerRegistry, this.queue, this.protocol);
    this.unsubscribe = timeline.subscribe(() => this.wakeSettled());
  }

  /** For `http.createServer`, or for a front end that dispatches by host name. */
  readonly handler: RequestListener = (req, res) => void this.handle(req, res);

  registerApp(app: App): void {
    this.credentials.addApp(app);
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

  /** Every scope has the group `Default`; any other must be added before a runner can register in it. */
  addRunnerGroup(scope: string, group: string): void {
    this.runnerRegistry.addGroup(scope, group);
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
    return this.queue.get(id);
  }

  jobs(): readonly Readonly<Job>[] {
    return this.queue.all();
  }

  runners(): readonly Readonly<Runner>[] {
    return this.runnerRegistry.all();
  }

  /** Resolves once no job is queued, assigned or running. */
  async jobsSettled(): Promise<void> {
    while (this.queue.open > 0) await new Promise<void>((resolve) => this.settledWaiters.add(resolve));
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
    this.queue.close();
  }

  /**
   * One request without a socket, for clients in this process: faults, limits and shapes apply as over HTTP. Rejects
   * with ConnectionCut where HTTP would lose its connection; other errors are returned as GitHub's error replies.
   */
  async request(call: GitHubRequest): Promise<GitHubReply> {
    const reply = await this.respond(call, (ms) => this.clock.sleep(ms));
    return reply ?? errorReply(new HttpError(404, "Not Found"));
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      const call = await readGitHubRequest(req, res, this.options.baseUrl, GITHUB_HOSTS);
      const reply = await this.respond(call, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
      if (reply) return send(res, reply);
      if (serveRelease(call, res, this.options)) return;
      throw new HttpError(404, "Not Found");
    } catch (error) {
      if (error instanceof ConnectionCut) return void req.socket.destroy();
      send(res, errorReply(asHttpError(error)));
    }
  }

  /** Undefined when the path belongs to neither the API nor the runner protocol. */
  private async respond(call: GitHubRequest, wait: (ms: number) => Promise<void>): Promise<GitHubReply | undefined> {
    try {
      const fault = this.faults.take(call.method, call.host, call.path);
      if (fault?.kind === "down") throw new ConnectionCut(`${call.method} ${call.host}${call.path}: the connection was cut`);
      if (fault?.kind === "hang") await new Promise(() => undefined);
      if (fault?.kind === "slow") await wait(fault.ms);
      if (fault?.kind === "status") {
        throw new HttpError(fault.status, fault.message ?? "Injected fault", {}, fault.headers);
      }
      const isKnown = (GITHUB_HOSTS as readonly string[]).includes(call.host);
      const isApi = call.host === "api.github.com" || (!isKnown && call.path.startsWith("/api/v3/"));
      const path = isApi && !isKnown ? call.path.slice("/api/v3".length) : call.path;
      const fromProtocol = await this.wire.handle(call, path);
      if (fault?.kind === "lost") await new Promise(() => undefined);
      if (fromProtocol) return fromProtocol;
      return isApi ? this.rest.handle(isKnown ? call : { ...call, path, origin: `${call.origin}/api/v3` }) : undefined;
    } catch (error) {
      if (error instanceof ConnectionCut) throw error;
      return errorReply(asHttpError(error));
    }
  }

  private wakeSettled(): void {
    if (this.queue.open > 0) return;
    const waiters = [...this.settledWaiters];
    this.settledWaiters.clear();
    for (const wake of waiters) wake();
  }
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof ProtocolError) return new HttpError(PROTOCOL_ERRORS[error.code], error.message);
  return new HttpError(500, `The GitHub stand-in failed: ${error instanceof Error ? error.stack : String(error)}`);
}
