import { isEnding, restsInPool } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { registrationSecretName } from "../../../contract/actions-runner-pool/names";
import { within } from "../../shared/lambda/timeout";
import { RESERVE } from "../../shared/github/reserve";
import { type Log, type Observer, reasonOf } from "../../shared/lambda/observer";
import { endedMark } from "../shared/ended-mark";
import { copyConsole } from "../shared/console-copy";
import { lastRun } from "../shared/last-run";
import { removeReturnedRunner } from "../shared/returned-runner";
import { mayCall, mayGoOn, SPREAD_MS } from "./rate-budget";
import type { DeregisterPorts, DeregisterSettings } from "./ports";

/** Bound on the calls to GitHub, in ms. */
const REMOVAL_MS = 15_000;
/** Bound on the copy of a console, in ms. */
const CONSOLE_MS = 10_000;

const LEFT = "left to the sweep: the rest of GitHub's hourly quota is reserved for launches";

/**
 * Deletes what a terminated instance left behind: its runner at GitHub, and a registration token that its host never
 * fetched. A failure is thrown: Lambda retries the event, and after that the sweep does the work.
 */
export async function handleTerminated(
  instanceId: string,
  ports: DeregisterPorts,
  settings: DeregisterSettings,
  observer: Observer,
): Promise<void> {
  const { log, count } = observer;
  // An event may be old or forged, and AWS does not document which one Auto Scaling emits for a retained instance.
  const state = (await ports.lifecycleStates([instanceId])).get(instanceId);
  if (state !== undefined && restsInPool(state)) return handleReturned(instanceId, ports, settings, log);
  if (state !== undefined && !isEnding(state)) {
    log.warn("the instance is not gone: its runner stays", { state });
    return;
  }
  let failure: unknown;
  try {
    await ports.deleteSecret(registrationSecretName(settings.names.secretPrefix, instanceId));
  } catch (error) {
    // Rethrown at the end: a failure of Secrets Manager must not keep the runner from being removed.
    failure = error;
  }

  const outcome = await within(ports.clock, "removing the runner", settings.removalMs ?? REMOVAL_MS, async (signal) => {
    const gitHub = ports.gitHub();
    if (!(await mayCall(instanceId, ports.clock, gitHub, RESERVE.removal, settings.spreadMs ?? SPREAD_MS, signal))) {
      return LEFT;
    }
    const runner = await gitHub.find(instanceId, signal);
    if (!runner) return "not registered";
    if (!mayGoOn(gitHub, RESERVE.removal)) return LEFT;
    const removal = await gitHub.remove(runner.id, signal);
    if (removal === "busy") {
      // Whoever runs that job (perhaps elsewhere, with stolen credentials) gets no further one by these labels, and a sweep knows this runner by the mark.
      await gitHub.setCustomLabels(runner.id, [endedMark(settings.names.group, ports.clock.now())], signal).catch((error: unknown) => {
        log.warn("the labels of a runner without an instance could not be removed; the sweep retries", { reason: reasonOf(error) });
      });
    }
    return removal;
  });
  if (outcome === "busy") {
    log.error(
      "the instance is gone while GitHub counts a job on its runner: the job is lost, or GitHub has not seen its end yet; the sweep removes the runner",
      await lastRun(instanceId, ports, observer),
    );
    count(METRIC.busyAtTermination);
  } else {
    log.info("runner removed", { outcome });
  }
  await copyItsConsole(instanceId, ports, log);
  if (failure !== undefined) throw failure;
}

/** Bounded and best effort: the sweep copies the console of a failed launch, too. */
async function copyItsConsole(instanceId: string, { hostLogs, clock }: DeregisterPorts, log: Log): Promise<void> {
  if (hostLogs === undefined) return;
  try {
    await within(clock, "copying the console", CONSOLE_MS, () => copyConsole(instanceId, { ports: hostLogs, clock, log, complete: false }));
  } catch (error) {
    log.warn("the console of a terminated instance could not be copied; the sweep copies that of a failed launch", {
      instanceId,
      reason: reasonOf(error),
    });
  }
}

/**
 * Deletes the runner of an instance that has returned to the warm pool. One that GitHub still shows as in use is left to the
 * sweep. Its registration token was deleted at its launch; a later one belongs to its next launch.
 */
async function handleReturned(instanceId: string, ports: DeregisterPorts, settings: DeregisterSettings, log: Log): Promise<void> {
  const outcome = await within(ports.clock, "finding the runner", settings.removalMs ?? REMOVAL_MS, async (signal) => {
    const gitHub = ports.gitHub();
    if (!(await mayCall(instanceId, ports.clock, gitHub, RESERVE.removal, settings.spreadMs ?? SPREAD_MS, signal))) return LEFT;
    const runner = await gitHub.find(instanceId, signal);
    if (!runner) return "not registered";
    if (runner.online || runner.busy) return "left to the sweep: GitHub counts it as in use";
    return mayGoOn(gitHub, RESERVE.removal) ? removeReturnedRunner(runner, ports) : LEFT;
  });
  log.info("instance has returned to the warm pool: runner removed", { outcome });
}
