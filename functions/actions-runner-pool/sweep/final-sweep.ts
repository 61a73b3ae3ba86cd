import type { FinalSweepResult } from "../../../contract/actions-runner-pool/final-sweep";
import { sharedTokenName } from "../../../contract/actions-runner-pool/names";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { pause, within } from "../../shared/lambda/timeout";
import { isInstanceId } from "../shared/events";
import type { Runner } from "../../shared/github/runners";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { markedEnd } from "../shared/ended-mark";
import { GroupHistory } from "./history";
import type { SweepPorts, SweepSettings } from "./ports";
import { tokenInstance } from "./secret-names";

export interface FinalSweepLimits {
  /** Bound on the whole, in ms; far below the function's timeout of 240 s, because `pulumi destroy` waits for it. */
  boundMs: number;
  /** Maximum number of passes. With the pauses they outlast the minute by which GitHub's view lags. */
  passes: number;
  /** Delay between two passes, in ms. */
  pauseMs: number;
}

const LIMITS: FinalSweepLimits = { boundMs: 120_000, passes: 7, pauseMs: 10_000 };

/**
 * Removes what the pool's last instances left behind. They terminate while rules and functions are being deleted, so no
 * function may handle their events, and the schedule no longer fires.
 *
 * Never throws. Whatever GitHub or AWS do, it returns in time with what is left, because an error would fail the
 * `pulumi destroy` that waits for it.
 */
export async function finalSweep(
  ports: SweepPorts,
  settings: Pick<SweepSettings, "names">,
  observer: Observer,
  limits: FinalSweepLimits = LIMITS,
): Promise<FinalSweepResult> {
  const result: FinalSweepResult = { runnersDeleted: 0, secretsDeleted: 0, left: [] };
  // By name: a later pass may list again what was just deleted, and that deletion succeeds, too.
  const deleted = new Set<string>();
  try {
    await within(ports.clock, "the final sweep", limits.boundMs, async (signal) => {
      for (let passes = 1; ; passes++) {
        result.left = await pass(result, deleted, ports, settings, observer, signal);
        if (result.left.length === 0 || passes >= limits.passes) return;
        await pause(ports.clock, limits.pauseMs, signal);
      }
    });
  } catch (error) {
    result.left = [...result.left, reasonOf(error)];
  }
  const { runnersDeleted, secretsDeleted, left } = result;
  if (left.length === 0) observer.log.info("final sweep: nothing is left", { runnersDeleted, secretsDeleted });
  else observer.log.error("final sweep: not everything could be removed", { runnersDeleted, secretsDeleted, left: left.join("; ") });
  // The log is deleted with the stack; CloudWatch keeps these metrics for 15 months.
  observer.count(METRIC.orphanRunners, runnersDeleted);
  observer.count(METRIC.orphanSecrets, secretsDeleted);
  if (left.length > 0) observer.count(METRIC.sweepErrors, left.length);
  return { runnersDeleted, secretsDeleted, left };
}

/** Handles every item once. Returns what is left, each item with the reason. */
async function pass(
  result: FinalSweepResult,
  deleted: Set<string>,
  ports: SweepPorts,
  settings: Pick<SweepSettings, "names">,
  observer: Observer,
  signal: AbortSignal,
): Promise<string[]> {
  const { group } = settings.names;
  const left: string[] = [];
  const attempt = async (what: string, work: () => Promise<string | undefined | void>): Promise<void> => {
    signal.throwIfAborted();
    try {
      const reason = await work();
      if (reason !== undefined) left.push(`${what}: ${reason}`);
    } catch (error) {
      signal.throwIfAborted();
      left.push(`${what}: ${reasonOf(error)}`);
      observer.log.warn("final sweep: one item failed; continuing", { what, reason: reasonOf(error) });
    }
  };

  // A program that drops only the invocation also triggers this. Its group still exists, so nothing may be removed.
  let groupExists = true;
  await attempt(`group ${group}`, async () => {
    groupExists = await ports.groupExists(group);
    return groupExists ? "still exists, so nothing was removed" : undefined;
  });
  if (groupExists) return left;

  await attempt("registration tokens", async () => {
    for await (const page of ports.secrets(settings.names.secretPrefix)) {
      const { secretPrefix } = settings.names;
      const shared = sharedTokenName(secretPrefix);
      const ours = page.filter(({ name }) => name === shared || tokenInstance(name, secretPrefix) !== undefined);
      for (const { name } of ours) {
        await attempt(`secret ${name}`, async () => {
          await ports.deleteSecret(name);
          deleted.add(name);
          result.secretsDeleted = deleted.size;
        });
      }
    }
  });
  await attempt("runners", async () => {
    for (const runner of await leftRunners(ports, group, signal)) {
      await attempt(`runner ${runner.name}`, async () => {
        // Also if the list says `busy`, which may be a minute old: GitHub refuses by the current state. Its instance is gone,
        // so the job is lost, GitHub has not noticed its end yet, or a thief runs it.
        const outcome = await ports.gitHub().remove(runner.id, signal);
        if (outcome === "busy") {
          // No sweep follows, so that at least no further job is assigned to it by its labels.
          if (runner.labels.length > 0) await ports.gitHub().removeCustomLabels(runner.id, signal);
          return `GitHub counts a job on it and refuses to remove it; remove the runner with the id ${runner.id} there when that job is over`;
        }
        if (outcome === "deleted") result.runnersDeleted += 1;
        return undefined;
      });
    }
  });
  return left;
}

/**
 * Runners of instances that this group terminated, online or not: GitHub takes up to a minute to notice that one is gone.
 * The proof is the group's history, as in `sweepOrphanRunners`. The termination need not be recorded as finished, because
 * the group no longer exists; but an instance that any group lists still exists. A mark of an earlier sweep is as good.
 */
async function leftRunners(ports: SweepPorts, group: string, signal: AbortSignal): Promise<Runner[]> {
  const history = new GroupHistory(ports, group);
  const ours: Runner[] = [];
  for await (const page of ports.gitHub().pages(signal)) {
    for (const runner of page.filter(({ name }) => isInstanceId(name))) {
      signal.throwIfAborted();
      const inUse = runner.online || runner.busy;
      if (markedEnd(group, runner.labels) !== undefined || (await history.termination(runner.name, inUse))) ours.push(runner);
    }
  }
  if (ours.length === 0) return [];
  const listed = await ports.lifecycleStates(ours.map(({ name }) => name));
  return ours.filter(({ name }) => !listed.has(name));
}
