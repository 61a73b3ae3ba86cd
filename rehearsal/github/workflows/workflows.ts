import type { Clock } from "../../clock";
import { Expressions } from "../../runner/steps/expressions";
import type { Files } from "../../runner/steps/plan";
import type { Job, JobAction, Run } from "../jobs";
import { ProtocolError } from "../messages";
import type { JobQueue } from "../queue";
import type { Repositories } from "../repositories";
import type { ActionTable } from "./actions";
import { Commits } from "./commits";
import { ConcurrencyGroups } from "./concurrency";
import type { WorkflowEvent } from "./events";
import type { HostedExecutor } from "./hosted";
import { inputsOf } from "./inputs";
import { workflowLibrary } from "./library";
import { type LoadedWorkflow, loadWorkflow } from "./loaded";
import type { Granted } from "./permissions";
import type { WorkflowSettings } from "./run-host";
import { starts } from "./triggers";
import { WorkflowRepository } from "./workflow-repository";
import { WorkflowRun } from "./workflow-run";

/** How a rehearsal runs the jobs that are not for registered runners. */
export interface WorkflowOptions {
  executor: HostedExecutor;
  /** Stand-ins for actions that no repository here has. */
  actions?: ActionTable;
  /** Milliseconds until a machine of GitHub's takes a job. */
  hostedStartMs?: number;
  /** Seconds of a self-hosted job on a simulated machine, by the job's id. Default 1. */
  simulatedSeconds?: (jobId: string) => number;
}

/** What of GitHub the workflows are built on. */
export interface WorkflowGround {
  clock: Clock;
  queue: JobQueue;
  repositories: Repositories;
  server: string;
  api: string;
  /** For which a job waits for a self-hosted runner. */
  queuedMs: number;
  isAway(): boolean;
  mintToken(repository: string, permissions: Granted): string;
  revokeToken(token: string): void;
  idToken(job: Readonly<Job>): { url: string; token: string } | undefined;
  /** A run has ended. */
  onEnd(): void;
}

/** GitHub's own machines have names of this form. Those with other systems are refused. */
const HOSTED = /^ubuntu-/;
const OTHER_SYSTEMS = /^(?:windows|macos)-/;

/** The part of GitHub that runs workflow files: repositories with trees, triggers, runs and the machines for hosted jobs. */
export class Workflows {
  private readonly known = new Map<
    string,
    { commits: Commits; settings: WorkflowSettings; groups: ConcurrencyGroups; facade: WorkflowRepository }
  >();
  private readonly running = new Set<WorkflowRun>();
  private readonly byRun = new Map<Run, WorkflowRun>();
  /** Of each hosted job that runs: its cancellation, and the end of its machine. */
  private readonly machines = new Map<Job, { cancel: AbortController; gone: AbortController }>();
  private isClosed = false;
  /** `GITHUB_TOKEN` of each job that runs. */
  private readonly tokens = new Map<Readonly<Job>, string>();
  private readonly logs = new Map<string, string[]>();
  private options?: WorkflowOptions;
  private expressions?: Expressions;

  constructor(private readonly ground: WorkflowGround) {
    ground.queue.onHosted = (job) => void this.host(job);
    ground.queue.onHostedCancel = (job) => this.machines.get(job)?.cancel.abort();
  }

  use(options: WorkflowOptions): void {
    this.options = options;
  }

  /** Runs that have not ended. */
  get open(): number {
    return this.running.size;
  }

  /** A repository with a tree; its default branch is `main`. @param fullName `OWNER/REPO` */
  repository(fullName: string, commits?: Commits): WorkflowRepository {
    const key = fullName.toLowerCase();
    const known = this.known.get(key);
    if (known) return known.facade;
    const repository = this.ground.repositories.add(fullName);
    const settings: WorkflowSettings = {};
    const made = { commits: commits ?? new Commits(), settings, groups: new ConcurrencyGroups() };
    const facade = new WorkflowRepository(repository, made.commits, made.settings, {
      trigger: (event) => this.trigger(event),
      fork: (into, copy) => this.repository(into, copy),
      find: (name) => this.known.get(name.toLowerCase())?.facade,
      all: () => [...this.known.values()].map((one) => one.facade),
    });
    this.known.set(key, { ...made, facade });
    return facade;
  }

  /** Lines that the steps of a hosted job wrote, without secrets. */
  log(job: string): readonly string[] {
    return this.logs.get(job) ?? [];
  }

  /** What went wrong in a run beside its jobs, such as a deadlock of concurrency groups. */
  problems(run: Run): readonly string[] {
    return this.byRun.get(run)?.problems ?? [];
  }

  jobChanged(job: Job, action: JobAction): void {
    const token = action === "completed" ? this.tokens.get(job) : undefined;
    if (token !== undefined) {
      this.ground.revokeToken(token);
      this.tokens.delete(job);
    }
    // Whatever ended the job, its machine is no more: a forced cancellation does not wait for what runs on it.
    if (action === "completed") this.machines.get(job)?.gone.abort();
    this.byRun.get(job.run)?.jobChanged(job, action);
  }

  /** Ends all hosted jobs with their processes, and what waits for any job. */
  close(): void {
    this.isClosed = true;
    for (const { gone } of this.machines.values()) gone.abort();
    for (const run of this.running) run.close();
  }

  /**
   * Starts the workflows that the event is for.
   *
   * @throws WorkflowError for a file that GitHub or this stand-in does not run: a rehearsal must not pass without it
   */
  async trigger(event: WorkflowEvent): Promise<Readonly<Run>[]> {
    const { repository, ref, sha, files } = event;
    const paths = Object.keys(files).filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path));
    const loaded: LoadedWorkflow[] = [];
    for (const path of paths.sort()) {
      if (event.workflow !== undefined && event.workflow !== path) continue;
      loaded.push(await loadWorkflow(path, { repository, ref, sha, files, workspace: files }, this.source()));
    }
    return loaded.filter(({ file }) => starts(file, event)).map((one) => this.start(event, one));
  }

  private start(event: WorkflowEvent, loaded: LoadedWorkflow): Run {
    const { clock, queue, server, api, queuedMs, repositories, mintToken, idToken } = this.ground;
    const { settings, groups } = this.known.get(event.repository.toLowerCase())!;
    const expressions = (this.expressions ??= new Expressions(workflowLibrary().expressions));
    const inputs = event.inputs ? inputsOf(loaded.file.inputs, event.inputs, expressions, {}) : {};
    const run = queue.known.runs.start(event.repository, loaded.file.name, clock.now());
    const workflowRun = new WorkflowRun(run, event, loaded, inputs, {
      clock,
      queue,
      expressions,
      groups,
      settings,
      // GitHub gives none to the code of a fork.
      secrets: event.isFromFork ? {} : (settings.secrets ?? {}),
      server,
      api,
      queuedMs,
      repositoryId: repositories.add(event.repository).id,
      isHosted: (labels) => this.isHosted(labels),
      simulatedSeconds: (jobId) => this.options?.simulatedSeconds?.(jobId),
      mintToken: (permissions, job) => {
        const token = mintToken(event.repository, permissions);
        this.tokens.set(job, token);
        return token;
      },
      idToken,
      onEnd: (one) => {
        this.running.delete(one);
        this.ground.onEnd();
      },
      onStart: (one) => this.running.add(one),
    });
    this.byRun.set(run, workflowRun);
    workflowRun.start();
    return run;
  }

  private isHosted(labels: readonly string[]): boolean {
    const other = labels.find((label) => OTHER_SYSTEMS.test(label));
    if (other !== undefined) throw new Error(`runs-on: ${other}: only GitHub's ubuntu machines exist here`);
    return labels.length === 1 && HOSTED.test(labels[0]!);
  }

  private source() {
    const commit = (repository: string, ref: string) => {
      const found = this.known.get(repository.toLowerCase())?.commits.find(ref);
      return found && { ref: found.ref, sha: found.commit.sha, files: found.commit.files };
    };
    const tree = (repository: string, ref: string): Files | undefined => commit(repository, ref)?.files;
    return { commit, tree, table: this.options?.actions ?? {} };
  }

  /** A machine of GitHub's takes the job and runs it. */
  private async host(job: Job): Promise<void> {
    const { clock, queue } = this.ground;
    const { executor, hostedStartMs = 0 } = this.options ?? {};
    if (!executor) return queue.terminate(job.id, "the rehearsal has no executor for hosted jobs: workflows.use({ executor })", "failed");
    if (hostedStartMs > 0) await clock.sleep(hostedStartMs);
    while (this.ground.isAway()) await clock.sleep(1_000);
    if (job.state !== "queued" || this.isClosed) return;
    const [cancel, gone] = [new AbortController(), new AbortController()];
    this.machines.set(job, { cancel, gone });
    queue.beginHosted(job);
    const lines: string[] = [];
    this.logs.set(job.id, lines);
    try {
      const plan = job.spec.plan!(job);
      const log = (line: string) => void lines.push(line);
      const { result, outputs, annotations, steps } = await executor.run({
        id: job.id,
        name: job.spec.name,
        plan,
        cancel: cancel.signal,
        gone: gone.signal,
        log,
      });
      if (this.isClosed) return;
      queue.complete({ jobId: job.id, result, outputs, annotations, steps });
    } catch (error) {
      // GitHub may have ended the job meanwhile; whatever else is wrong must not look like a job that never ends.
      if (!(error instanceof ProtocolError)) queue.terminate(job.id, String(error), "failed");
    } finally {
      this.machines.delete(job);
    }
  }
}
