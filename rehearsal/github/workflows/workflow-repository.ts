import type { Json } from "../../runner/steps/plan";
import type { Run } from "../jobs";
import type { Repository } from "../repositories";
import { type Changes, changesBetween, type Commit, type Commits, mergeOf } from "./commits";
import { commonPayload, type WorkflowEvent } from "./events";
import type { EnvironmentSettings, WorkflowSettings } from "./run-host";

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Of the branch that is to be merged; another repository: a fork. */
  readonly head: { repository: string; branch: string };
  readonly base: string;
  readonly author: string;
  labels: string[];
  draft: boolean;
  state: "open" | "closed";
  merged: boolean;
}

export interface Ground {
  trigger(event: WorkflowEvent): Promise<Readonly<Run>[]>;
  fork(into: string, commits: Commits): WorkflowRepository;
  find(fullName: string): WorkflowRepository | undefined;
  all(): WorkflowRepository[];
}

type Runs = Promise<Readonly<Run>[]>;

const DEFAULT_ACTOR = "octocat";

/** What people do in a repository, and the runs that it starts. */
export class WorkflowRepository {
  readonly pullRequests: PullRequest[] = [];

  constructor(
    private readonly repository: Repository,
    readonly commits: Commits,
    private readonly settings: WorkflowSettings,
    private readonly ground: Ground,
  ) {}

  get fullName(): string {
    return this.repository.fullName;
  }

  /** Secrets, variables and environments; later ones replace earlier ones of the same kind. */
  configure(settings: WorkflowSettings): void {
    Object.assign(this.settings, settings);
  }

  environment(name: string, settings: EnvironmentSettings): void {
    this.settings.environments = { ...this.settings.environments, [name]: settings };
  }

  /** Puts files into a branch without starting anything, as the history before the rehearsal. */
  seed(changes: Changes, branch = this.commits.defaultBranch): Commit {
    return this.commits.commit(branch, changes, "Begin");
  }

  /** Pushes one commit: `push`, and `synchronize` for the pull requests of the branch. */
  async push(changes: Changes, options: { branch?: string; message?: string; actor?: string } = {}): Runs {
    const { branch = this.commits.defaultBranch, message = "Change", actor = DEFAULT_ACTOR } = options;
    const before = this.commits.branches.get(branch);
    const after = this.commits.commit(branch, changes, message);
    const paths = Object.keys(changesBetween(before ?? after.parent, after));
    const runs = await this.ground.trigger({
      ...this.at(`refs/heads/${branch}`, after, actor),
      name: "push",
      branch,
      paths,
      message,
      payload: this.pushPayload(`refs/heads/${branch}`, before, after, actor),
    });
    for (const target of this.ground.all()) {
      for (const pull of target.pullRequests) {
        const isHead = pull.head.repository === this.fullName && pull.head.branch === branch && pull.state === "open";
        if (isHead) runs.push(...(await target.pulled(pull, "synchronize", actor)));
      }
    }
    return runs;
  }

  tag(name: string, options: { ref?: string; actor?: string } = {}): Runs {
    const { ref = this.commits.defaultBranch, actor = DEFAULT_ACTOR } = options;
    const commit = this.commitAt(ref);
    this.commits.tags.set(name, commit);
    const full = `refs/tags/${name}`;
    return this.ground.trigger({
      ...this.at(full, commit, actor),
      name: "push",
      tag: name,
      payload: this.pushPayload(full, undefined, commit, actor),
    });
  }

  fork(into: string): WorkflowRepository {
    return this.ground.fork(into, this.commits.fork());
  }

  /** @param head a branch here, or of a fork */
  async openPullRequest(
    head: string | { repository: string; branch: string },
    options: { base?: string; title?: string; labels?: string[]; draft?: boolean; author?: string } = {},
  ): Promise<{ pull: PullRequest; runs: Readonly<Run>[] }> {
    const { base = this.commits.defaultBranch, title = "Change", labels = [], draft = false, author = DEFAULT_ACTOR } = options;
    const from = typeof head === "string" ? { repository: this.fullName, branch: head } : head;
    const pull: PullRequest = {
      number: this.pullRequests.length + 1,
      title,
      head: from,
      base,
      author,
      labels,
      draft,
      state: "open",
      merged: false,
    };
    this.headOf(pull);
    this.pullRequests.push(pull);
    const runs = await this.pulled(pull, "opened", author);
    // Also of labels with which a pull request begins, one event for each.
    for (const name of labels) runs.push(...(await this.pulled(pull, "labeled", author, { label: { name } })));
    return { pull, runs };
  }

  label(pull: PullRequest, name: string, actor = DEFAULT_ACTOR): Runs {
    if (!pull.labels.includes(name)) pull.labels.push(name);
    return this.pulled(pull, "labeled", actor, { label: { name } });
  }

  unlabel(pull: PullRequest, name: string, actor = DEFAULT_ACTOR): Runs {
    pull.labels = pull.labels.filter((one) => one !== name);
    return this.pulled(pull, "unlabeled", actor, { label: { name } });
  }

  close(pull: PullRequest, actor = DEFAULT_ACTOR): Runs {
    pull.state = "closed";
    return this.pulled(pull, "closed", actor);
  }

  /** @param workflow file name in `.github/workflows`, or its path */
  async dispatch(workflow: string, options: { ref?: string; inputs?: Record<string, Json>; actor?: string } = {}): Runs {
    const { ref = this.commits.defaultBranch, inputs = {}, actor = DEFAULT_ACTOR } = options;
    const path = workflow.includes("/") ? workflow : `.github/workflows/${workflow}`;
    const found = this.commits.find(ref);
    if (!found) throw new Error(`workflow_dispatch: No ref found for: ${ref}`);
    // GitHub knows a workflow by the default branch, and runs the file of the ref.
    if (this.commitAt(this.commits.defaultBranch).files[path] === undefined) {
      throw new Error(`workflow ${workflow} not found on the default branch`);
    }
    const asTexts = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]));
    const payload = { ...this.common(actor), inputs: asTexts, ref: found.ref, workflow: path };
    const event = { ...this.at(found.ref, found.commit, actor), name: "workflow_dispatch", payload, workflow: path, inputs };
    return this.ground.trigger(event).then((runs) => {
      if (runs.length === 0) throw new Error(`Workflow does not have 'workflow_dispatch' trigger: ${path}`);
      return runs;
    });
  }

  /** Any other event, which GitHub raises on the default branch. */
  raise(name: string, options: { action?: string; payload?: { [key: string]: Json }; actor?: string } = {}): Runs {
    const { action, payload = {}, actor = DEFAULT_ACTOR } = options;
    const { defaultBranch } = this.commits;
    const commit = this.commitAt(defaultBranch);
    const own = { ...this.common(actor), ...(action !== undefined && { action }), ...payload };
    return this.ground.trigger({ ...this.at(`refs/heads/${defaultBranch}`, commit, actor), name, action, payload: own });
  }

  /** An activity of a pull request: `pull_request`, and `pull_request_target` with the files of its base. */
  private async pulled(pull: PullRequest, action: string, actor: string, more: { [key: string]: Json } = {}): Runs {
    const { number } = pull;
    const [head, base] = [this.headOf(pull), this.commitAt(pull.base)];
    const isFromFork = pull.head.repository.toLowerCase() !== this.fullName.toLowerCase();
    const body = {
      number,
      title: pull.title,
      state: pull.state,
      draft: pull.draft,
      merged: pull.merged,
      user: { login: pull.author },
      labels: pull.labels.map((name) => ({ name })),
      head: { ref: pull.head.branch, sha: head.sha, repo: { full_name: pull.head.repository, fork: isFromFork } },
      base: { ref: pull.base, sha: base.sha, repo: { full_name: this.fullName, fork: false } },
    };
    const common = {
      action,
      actor,
      branch: pull.base,
      headRef: pull.head.branch,
      baseRef: pull.base,
      message: head.message,
      paths: Object.keys(changesBetween(base, mergeOf(base, head))),
      payload: { ...this.common(actor), action, number, pull_request: body, ...more },
    };
    const merge = mergeOf(base, head);
    const runs = await this.ground.trigger({
      ...common,
      ...this.at(`refs/pull/${number}/merge`, merge, actor),
      name: "pull_request",
      isFromFork,
    });
    const onBase = await this.ground.trigger({
      ...common,
      ...this.at(`refs/heads/${pull.base}`, base, actor),
      name: "pull_request_target",
    });
    return [...runs, ...onBase];
  }

  private headOf({ head }: PullRequest): Commit {
    const repository = head.repository.toLowerCase() === this.fullName.toLowerCase() ? this : this.ground.find(head.repository);
    const commit = repository?.commits.branches.get(head.branch);
    if (!commit) throw new Error(`${head.repository} has no branch ${head.branch}`);
    return commit;
  }

  private commitAt(ref: string): Commit {
    const found = this.commits.find(ref);
    if (!found) throw new Error(`${this.fullName} has no ref ${ref}: push to it first`);
    return found.commit;
  }

  private at(ref: string, { sha, files }: Commit, actor: string): Pick<WorkflowEvent, "repository" | "ref" | "sha" | "files" | "actor"> {
    return { repository: this.fullName, ref, sha, files, actor };
  }

  private common(actor: string): { [key: string]: Json } {
    return commonPayload(this.fullName, this.repository.isPrivate, actor, this.commits.defaultBranch);
  }

  private pushPayload(ref: string, before: Commit | undefined, after: Commit, actor: string): { [key: string]: Json } {
    const commit = { id: after.sha, message: after.message, author: { name: actor } };
    return {
      ...this.common(actor),
      ref,
      before: before?.sha ?? "0".repeat(40),
      after: after.sha,
      created: before === undefined,
      deleted: false,
      forced: false,
      head_commit: commit,
      commits: [commit],
      pusher: { name: actor },
    };
  }
}
