/**
 * The completion: ends the lifecycle action of a termination with CONTINUE once the runner has stopped, so that Auto
 * Scaling terminates the instance. For a return to the warm pool it first renews the machine (return.ts). It also counts a
 * forced stop in CloudWatch, which the drain cannot do.
 *
 * Unit: runner-complete.service (oneshot). Started by the runner's after-stop.sh after every stop and crash, by the
 * daemon while a terminating instance has a stopped runner, and by the heartbeat. It may be started at any time, also
 * during a shutdown: it checks itself whether the instance is terminating and whether the runner has stopped.
 *
 * Life cycle, in this order:
 *   1. Count a forced stop that was not counted yet, also if a new listener has started since.
 *   2. End here if the target lifecycle state is not a termination, unless the instance returns to the warm pool or was not
 *      renewed when it returned: then return.ts goes on.
 *   3. Set the departure mark. From now on no listener starts on this instance (see reap.ts).
 *   4. Wait while the unit deactivates, for 60 s at most. If it is not stopped then: `still-running`, exit code 1.
 *   5. Drain a listener or worker that an incomplete stop left behind. A forced stop skips this step and the next.
 *   6. Kill the remaining processes (10 s at most), after an update of the runner has ended (30 s at most). What survives
 *      ends with the instance.
 *   7. Have the host's logs delivered, 10 s at most, and go on without if they are not.
 *   8. CompleteLifecycleAction. `none`: another caller completed the action, or it expired; that is a success.
 *
 * Killed: each run starts over. A kill between the count of a forced stop and the removal of its mark counts that stop
 * twice, as does a mark that cannot be removed. systemd restarts it 10 s after a failure or SIGKILL, without a limit; the daemon starts it again
 * 30 s after its last request, the heartbeat at its next interval.
 *
 * Metadata or AWS does not answer: it fails, and systemd restarts it. A request to the metadata takes 1 s at most, an
 * AWS call 30 s with all its attempts. No heartbeat is sent once nothing of the runner is left, so the action expires
 * heartbeatTimeout after the last one. The hook's default result then applies: the instance is retained, or terminated
 * if drain.retainOnAbandon is false. A forced stop is counted in tries 10 s apart, for 120 s or a third of
 * heartbeatTimeout, whichever is shorter; then the action is completed without the count.
 *
 * Bounds: TimeoutStartSec= is the drain's deadline plus 600 s, because step 5 takes as long as a job.
 *
 * Gotchas:
 *   - The mark comes before the check of the unit: a listener started in between would lose its job with the instance.
 *   - "The unit is stopped" does not mean "nothing runs": KillMode=process leaves workers behind.
 *   - Never complete on a target other than Terminated or Warmed:Terminated, or that of a return. A stop is not a termination.
 *   - test/proofs/exploration/mutants.ts replaces exact lines of this file.
 */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { drain } from "./drain";
import type { Host } from "./ports/host";
import { completeReturn, leftServiceUsed, type ReturnHost, type ReturnResult } from "./return";
import { drainLeftovers, stopped, type Wait } from "./stopped-runner";
import { isTerminating } from "./target-state";

/** Shorter than the 300 s (forcedStopMargin) that a forced stop leaves before the lifecycle action's global timeout. */
const REPORT_MS = 120_000;
const REPORT_PAUSE_MS = 10_000;

export type CompleteHost = ReturnHost & Pick<Host, "departure">;
export type CompleteResult = "completed" | "none" | "not-terminating" | "still-running" | ReturnResult;

/**
 * Rejects if AWS or the metadata does not answer within the clients' own retries.
 *
 * @param wait drains processes that were left behind
 */
export async function complete(host: CompleteHost, wait: Wait = drain): Promise<CompleteResult> {
  await reportForcedStop(host);
  const target = await host.imds.targetState();
  if (await leftServiceUsed(host, target)) return completeReturn(host, wait, (gaveUp) => reportForcedStop(host, gaveUp));
  if (!isTerminating(target)) return "not-terminating";
  // Must come first: a listener that an operator starts after the unit check would lose its job with the instance.
  await host.departure.set();
  if (!(await stopped(host))) return "still-running";
  const forced = await host.forcedStop.isSet();
  const drained = await drainLeftovers(host, forced, wait);
  if (drained !== undefined) {
    await reportForcedStop(host, drained === "forced");
    if (!(await stopped(host))) return "still-running";
  }
  // A crash of runsvc.sh leaves RunnerService.js running, which may be about to relaunch a listener.
  if (!forced) await host.unit.killLeftovers();
  // The completion ends the machine, and with it what is not delivered.
  await host.hostLogs.flush();
  const hook = host.config.terminateHook;
  const outcome = await host.lifecycle.complete(hook, "CONTINUE");
  host.log.info(LOG.actionCompleted, { hook, outcome });
  return outcome === "done" ? "completed" : "none";
}

/**
 * The drain cannot call AWS from inside the fenced cgroup, so its forced stop is counted here, once. The completion
 * destroys the instance and its journal, so the count is retried before it, but for a third of heartbeatTimeout at most:
 * the action must not expire meanwhile.
 *
 * @param gaveUp this completion's own drain forced the stop, perhaps without being able to set its mark
 */
async function reportForcedStop({ clock, config, forcedStop, log, metrics }: CompleteHost, gaveUp = false): Promise<void> {
  if (!gaveUp && !(await forcedStop.isUncounted())) return;
  const end = clock.now() + Math.min(REPORT_MS, (config.heartbeatTimeout * 1000) / 3);
  for (;;) {
    try {
      await metrics.count(METRIC.forcedStops);
      break;
    } catch (error) {
      log.error("the forced stop could not be counted", { metric: METRIC.forcedStops, error: String(error) });
    }
    if (clock.now() + REPORT_PAUSE_MS > end) return;
    await clock.sleep(REPORT_PAUSE_MS);
  }
  // Not within the tries above: if this fails, each of them would count the same stop again.
  try {
    await forcedStop.setCounted();
  } catch (error) {
    log.error("the count of the forced stop could not be marked, a further completion may count it again", { error: String(error) });
  }
}
