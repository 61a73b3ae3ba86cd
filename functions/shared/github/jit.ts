import { pause } from "../lambda/timeout";
import { type GitHubScope, scopePath } from "./account";
import { GitHubActions } from "./actions";
import { GitHubError } from "./error";
import { GitHubRunners } from "./runners";
import type { GitHubTransport, TransportLimits } from "./transport";

/** Of a runner that runs one job at most, and that GitHub removes afterwards. */
export interface JitRequest {
  /** Unique in the scope. */
  name: string;
  /** From 1 to 100. */
  labels: readonly string[];
  /** Name of a group of the organization. Default: the default group. */
  runnerGroup?: string;
  /** Relative to the runner's folder, or absolute. Default: `_work`. */
  workFolder?: string;
}

export interface JitRunner {
  runnerId: number;
  /** For `run.sh --jitconfig`. A secret: whoever has it can take the runner's job. */
  configuration: string;
  /** All labels that GitHub gave it: reports differ on whether it adds `self-hosted` and the like by itself. */
  labels: readonly string[];
}

/** Another runner of this name is connected, or GitHub counts a job on it: it is not removed. */
export class RunnerNameInUse extends Error {
  override readonly name = "RunnerNameInUse";
}

/** There is no such group, or the credentials do not see it. */
export class RunnerGroupMissing extends Error {
  override readonly name = "RunnerGroupMissing";
}

/**
 * For transports of these calls. GitHub may take ten seconds for one, and a call that is given up earlier has often created the runner:
 * its repetition then fails because the name is taken (runs-on/runs-on#546).
 */
export const JIT_LIMITS: Partial<TransportLimits> = { callMs: 15_000 };

/** Every runner belongs to this group if nothing else is said. */
const DEFAULT_GROUP = 1;
/** For one request; each conflict costs three calls more. */
const ATTEMPTS = 3;
/** For a runner that GitHub counts, but does not list yet, in ms. */
const UNLISTED_PAUSE_MS = 1_000;

/** Creates just-in-time runners of one organization or repository. */
export class GitHubJit {
  readonly runners: GitHubRunners;
  private readonly path: string;

  constructor(
    private readonly transport: GitHubTransport,
    private readonly scope: GitHubScope,
  ) {
    this.runners = new GitHubRunners(transport, scope);
    this.path = `${scopePath(scope)}/actions/runners/generate-jitconfig`;
  }

  /**
   * If a runner has the name already, it is removed, provided that it is offline: the reply to an earlier request was lost, and with it
   * the only copy of its configuration. Not to be called at the same time for one name.
   *
   * @throws RunnerNameInUse, RunnerGroupMissing, GitHubError or the signal's reason
   */
  async create(request: JitRequest, signal: AbortSignal): Promise<JitRunner> {
    const { name, labels, runnerGroup, workFolder } = request;
    const groupId = runnerGroup === undefined ? DEFAULT_GROUP : await this.groupId(runnerGroup, signal);
    const body = { name, labels, runner_group_id: groupId, ...(workFolder !== undefined && { work_folder: workFolder }) };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.transport.call({ method: "POST", path: this.path, body }, readRunner, signal);
      } catch (error) {
        const isTaken = error instanceof GitHubError && error.status === 409;
        if (!isTaken || attempt === ATTEMPTS) throw error;
      }
      await this.removeLeftOver(name, signal);
    }
  }

  /** Looked up for each runner: a group that is deleted and made again has another id. */
  private async groupId(name: string, signal: AbortSignal): Promise<number> {
    if (!("organization" in this.scope)) throw new RunnerGroupMissing("only organizations have runner groups");
    const { organization } = this.scope;
    const groups = await new GitHubActions(this.transport).runnerGroups(organization, signal);
    const group = groups.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (group === undefined)
      throw new RunnerGroupMissing(`${organization} has no runner group "${name}": create it, or correct runnerGroup`);
    return group.id;
  }

  private async removeLeftOver(name: string, signal: AbortSignal): Promise<void> {
    const listed = await this.runners.find(name, signal);
    if (!listed) return pause(this.transport.clock, UNLISTED_PAUSE_MS, signal);
    // A list may be a minute old.
    const runner = await this.runners.get(listed.id, signal);
    if (!runner) return;
    if (runner.online || runner.busy || (await this.runners.remove(runner.id, signal)) === "busy") {
      throw new RunnerNameInUse(`runner ${name} exists at GitHub and is in use; it was not replaced`);
    }
  }
}

function readRunner(data: any): JitRunner | undefined {
  const { runner, encoded_jit_config: configuration } = data ?? {};
  if (typeof runner?.id !== "number" || typeof configuration !== "string" || configuration === "") return undefined;
  const labels = (Array.isArray(runner.labels) ? runner.labels : []).map((label: any) => String(label?.name));
  return { runnerId: runner.id, configuration, labels };
}
