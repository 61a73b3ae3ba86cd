import { isRetained, type LifecycleState } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { RunnerList } from "./instance-runners";
import type { Member, SweepPorts } from "./ports";

/**
 * How long a runner must have been silent, that is offline and idle, in ms. GitHub fails the job of an unresponsive
 * runner after about ten minutes, and its lists may be a minute old. Until then "idle" may mean that GitHub has not
 * noticed the job yet. Measured from the first sweep that finds the runner silent: a termination may have begun hours
 * earlier, and its host fallen silent only now.
 */
const SILENCE_MS = 15 * 60_000;
/**
 * Maximum calls for single runners per sweep: with ten pools, 2,400 an hour, and none below 20 % of the quota. An
 * outage of an AWS API may leave hundreds of instances retained at once; those beyond the limit wait for a later sweep.
 */
const MAX_CALLS = 20;

const SWEEP_MS = TIMING.sweepInterval * 1000;

const NOT_LISTED = "GitHub lists no runner of its name, which does not prove that it has no job";

/**
 * Handles instances that Auto Scaling retained because their heartbeats failed. Each is billed until it is terminated,
 * and may still run a job. It is terminated only if GitHub says for certain that no job is on it: its runner is listed,
 * offline and idle, long enough for GitHub to notice. A runner that is not listed says nothing (it may be registered in
 * another organization, or an Enterprise Server's pages may have shifted), unless the instance never entered service.
 * All others are kept and reported.
 */
export async function sweepRetained(
  members: readonly Member[],
  runners: RunnerList,
  ports: SweepPorts,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { log, count } = observer;
  const retained = members.filter(({ lifecycleState }) => isRetained(lifecycleState));
  // Before all calls: the alarm must not depend on them.
  count(METRIC.retainedInstances, retained.length);
  ports.silences.keepOnly(retained.map(({ instanceId }) => instanceId));
  const looks = new Looks(runners, ports, signal);
  for (const { instanceId, lifecycleState } of inTurn(retained, runners, ports.clock.now())) {
    signal.throwIfAborted();
    await attempt("evaluating a retained instance", { instanceId }, observer, async () => {
      const objection = reasonOfState(lifecycleState) ?? (await reasonToKeep(instanceId, looks, ports, history));
      if (objection !== undefined) {
        log.warn("sweep: retained instance is kept", { instanceId, lifecycleState, because: objection });
        return;
      }
      await ports.terminate(instanceId);
      log.warn("sweep: retained instance is terminated", { instanceId, lifecycleState });
    });
  }
}

/**
 * Those with a listed runner first, because the list answers for them. The others begin at a different one in each sweep,
 * so that none waits for ever for one of the calls.
 */
function inTurn(retained: readonly Member[], runners: RunnerList, now: number): Member[] {
  const first = retained.length > 0 ? (Math.floor(now / SWEEP_MS) * MAX_CALLS) % retained.length : 0;
  const turn = [...retained.slice(first), ...retained.slice(0, first)];
  const listed = new Set(Array.isArray(runners) ? runners.map(({ name }: Runner) => name) : []);
  const isListed = ({ instanceId }: Member) => listed.has(instanceId);
  return [...turn.filter(isListed), ...turn.filter((member) => !isListed(member))];
}

/** `TerminateInstanceInAutoScalingGroup`, the only call that ends retention, is refused for members of a warm pool. */
function reasonOfState(lifecycleState: LifecycleState): string | undefined {
  return lifecycleState.startsWith("Warmed:") ? "it belongs to the warm pool, from which only EC2 can terminate it" : undefined;
}

async function reasonToKeep(instanceId: string, looks: Looks, ports: SweepPorts, history: GroupHistory): Promise<string | undefined> {
  const { silences, clock } = ports;
  const runner = await looks.atRunner(instanceId);
  if (typeof runner === "string") return runner;
  const inDoubt = runner ? inUse(runner) : await withoutRunner(instanceId, history);
  if (inDoubt !== undefined) {
    silences.broken(instanceId);
    return inDoubt;
  }
  if (silences.continued(instanceId, clock.now()) < SILENCE_MS) return "its runner has not been silent for 15 minutes yet";
  if (!runner) return undefined;
  // Once more, because a list may be a minute old.
  const current = await looks.again(runner.id);
  if (typeof current === "string") return current;
  const news = current ? inUse(current) : NOT_LISTED;
  if (news !== undefined) silences.broken(instanceId);
  return news;
}

function inUse(runner: Runner): string | undefined {
  if (runner.busy) return "GitHub counts a job on its runner";
  if (runner.online) return "its runner is online and may take a job";
  return undefined;
}

async function withoutRunner(instanceId: string, history: GroupHistory): Promise<string | undefined> {
  return (await history.neverServed(instanceId)) ? undefined : NOT_LISTED;
}

/** Looks at single runners: first in this sweep's list, then by a limited number of calls. */
class Looks {
  private calls = 0;

  constructor(
    private readonly runners: RunnerList,
    private readonly ports: SweepPorts,
    private readonly signal: AbortSignal,
  ) {}

  /** A text says why the runner's state is unknown; undefined: GitHub lists no such runner. */
  async atRunner(instanceId: string): Promise<Runner | string | undefined> {
    // No further calls, each of which could take 16 s: the sweep has other work.
    if (this.runners === undefined) return "GitHub's runners could not be listed";
    const listed = this.runners === "no slot" ? undefined : this.runners.find(({ name }) => name === instanceId);
    // Pages shift when a runner is removed during the listing, so the list may have missed it.
    return listed ?? this.call(() => this.ports.gitHub().find(instanceId, this.signal));
  }

  again(id: number): Promise<Runner | string | undefined> {
    return this.call(() => this.ports.gitHub().get(id, this.signal));
  }

  private async call(work: () => Promise<Runner | undefined>): Promise<Runner | string | undefined> {
    this.calls += 1;
    if (this.calls > MAX_CALLS || this.ports.gitHub().remainingQuota() < RESERVE.lookup) return "no call to GitHub was left for it";
    return work();
  }
}
