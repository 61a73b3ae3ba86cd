import type { FinalSweepResult } from "../../../contract/actions-runner-pool/final-sweep";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { pause, within } from "../../shared/lambda/timeout";
import { isInstanceId } from "../shared/events";
import type { Runner } from "../../shared/github/runners";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { GroupHistory } from "./history";
import type { SweepPorts, SweepSettings } from "./ports";
import { tokenInstance } from "./secret-names";

export interface FinalSweepLimits {
  /** Bound on the whole, in ms; far below the function's timeout of 240 s, because somebody waits for the end. */
  boundMs: number;
  /** Passes until nothing is left. With the pauses they outlast the minute by which GitHub's view lags. */
  passes: number;
  /** Between two passes, in ms. */
  pauseMs: number;
}

const LIMITS: FinalSweepLimits = { boundMs: 120_000, passes: 7, pauseMs: 10_000 };

/**
 * Takes away what the pool's last instances have left behind: they end while rules and functions are being deleted
 * too, so nobody may be left to hear of their end, and no schedule fires any more.
 *
 * It never throws. Whatever GitHub or AWS do, it answers in time with what is left, because an error would fail the
 * `pulumi destroy` that waits for it.
 */
export async function finalSweep(
  ports: SweepPorts,
  settings: Pick<SweepSettings, "names">,
  observer: Observer,
  limits: FinalSweepLimits = LIMITS,
): Promise<FinalSweepResult> {
  const result: FinalSweepResult = { runnersDeleted: 0, secretsDeleted: 0, left: [] };
  try {
    await within(ports.clock, "the final sweep", limits.boundMs, async (signal) => {
      for (let passes = 1; ; passes++) {
        result.left = await pass(result, ports, settings, observer, signal);
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
  // The log goes with the stack; these stay for 15 months.
  observer.count(METRIC.orphanRunners, runnersDeleted);
  observer.count(METRIC.orphanSecrets, secretsDeleted);
  if (left.length > 0) observer.count(METRIC.sweepErrors, left.length);
  return { runnersDeleted, secretsDeleted, left };
}

/** Goes over everything once. Returns what is left, each with the reason. */
async function pass(
  result: FinalSweepResult,
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
      observer.log.warn("final sweep: something failed; going on", { what, reason: reasonOf(error) });
    }
  };

  // A program that drops this resource, but not the pool, comes here too: then instances live and nothing is final.
  let alive = true;
  await attempt(`group ${group}`, async () => {
    alive = await ports.groupExists(group);
    return alive ? "is still there, so nothing was removed" : undefined;
  });
  if (alive) return left;

  await attempt("registration tokens", async () => {
    for await (const page of ports.secrets(settings.names.secretPrefix)) {
      const ours = page.filter(({ name }) => tokenInstance(name, settings.names.secretPrefix) !== undefined);
      for (const { name } of ours) {
        await attempt(`secret ${name}`, async () => {
          if ((await ports.deleteSecret(name)) === "deleted") result.secretsDeleted += 1;
        });
      }
    }
  });
  await attempt("runners", async () => {
    for (const runner of await leftRunners(ports, group, signal)) {
      await attempt(`runner ${runner.name}`, async () => {
        // Its instance is gone. Either the job is lost or GitHub has not noticed its end yet; it refuses both alike.
        const outcome = runner.busy ? "busy" : await ports.gitHub().remove(runner.id, signal);
        if (outcome === "busy") return "GitHub counts a job on it; remove it there once that job is over";
        if (outcome === "deleted") result.runnersDeleted += 1;
        return undefined;
      });
    }
  });
  return left;
}

/**
 * Runners of instances that this group has sent away, online or not: GitHub takes up to a minute to notice that one
 * is gone. The proof is the group's history, as in `sweepOrphanRunners`. That a termination is not noted as finished
 * does not matter any more, as the group is; but an instance that some group lists lives.
 */
async function leftRunners(ports: SweepPorts, group: string, signal: AbortSignal): Promise<Runner[]> {
  const history = new GroupHistory(ports, group);
  const ours: Runner[] = [];
  for await (const page of ports.gitHub().pages(signal)) {
    for (const runner of page.filter(({ name }) => isInstanceId(name))) {
      signal.throwIfAborted();
      if (await history.termination(runner.name)) ours.push(runner);
    }
  }
  if (ours.length === 0) return [];
  const listed = await ports.lifecycleStates(ours.map(({ name }) => name));
  return ours.filter(({ name }) => !listed.has(name));
}
