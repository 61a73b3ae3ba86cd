/**
 * The heartbeat: one run of the timer. It extends the lifecycle action of a termination, or of a return to the warm pool, while the runner drains. It does
 * not depend on the daemon: without it, the heartbeat also stops the runner and starts the completion.
 *
 * Unit: runner-heartbeat.service (oneshot). Started by runner-heartbeat.timer every heartbeatInterval seconds, on every
 * instance from its installation on, and at each boot; once more by the daemon as soon as it sees a termination.
 *
 * Life cycle:
 *   1. End if the target lifecycle state is neither a termination nor a return. This is all it does during an instance's service.
 *   2. If the unit is stopped and no listener or worker is left: start the completion, and send no heartbeat.
 *   3. Otherwise, and also if that is unknown, RecordLifecycleActionHeartbeat. Then stop the unit if it still runs, which
 *      begins the drain, or start the completion if the unit is stopped but left processes behind, which the completion
 *      drains.
 *
 * Killed: it has no state. systemd restarts it 10 s after a failure or SIGKILL, without a limit, and the timer runs on.
 *
 * Metadata or AWS does not answer: it fails and is restarted after 10 s. heartbeatInterval is at most a third of
 * heartbeatTimeout, so two heartbeats in a row may be lost. If the action expires, the hook's default result applies: the
 * instance is retained with its job, or terminated if drain.retainOnAbandon is false.
 *
 * Bounds: TimeoutStartSec= 100 s; a request to the metadata 1 s, the AWS call 30 s, a systemctl call 20 s, the
 * reading of the job signs 5 s, in a child. Heartbeats extend an action to min(48 h, 100 x heartbeatTimeout) in all;
 * drainDeadline is at least 300 s shorter.
 *
 * Gotchas:
 *   - The heartbeat comes before the stop, and in doubt: neither a systemd that does not answer within 20 s nor job
 *     signs that cannot be read, or not within 5 s, may let the action expire.
 *   - It must run outside the fenced cgroup, because it calls AWS.
 *   - The unit and the timer have DefaultDependencies=no: they must work while the machine shuts down.
 *   - `no-action` (completed or expired) is a success, or systemd would restart it every 10 s.
 *   - test/proofs/exploration/mutants.ts replaces exact lines of this file.
 */
import type { Host } from "./ports/host";
import { isRunning, isStopped } from "../../shared/unit-state";
import { isReturning } from "./decide";
import { entersPool, isTerminating } from "./target-state";

export type HeartbeatHost = Pick<Host, "config" | "log" | "imds" | "unit" | "signs" | "lifecycle" | "helpers" | "registrar" | "service">;
export type HeartbeatResult = "not-terminating" | "beat" | "no-action" | "completion-started";

/** Rejects if the metadata, systemd or AWS does not answer. */
export async function heartbeat(host: HeartbeatHost): Promise<HeartbeatResult> {
  if (!(await endsService(host))) return "not-terminating";
  if (await nothingIsLeft(host)) {
    await host.helpers.startCompletion();
    return "completion-started";
  }
  const hook = host.config.terminateHook;
  const outcome = await host.lifecycle.heartbeat(hook);
  host.log.info("heartbeat", { hook, outcome });
  const unit = await host.unit.state();
  if (isRunning(unit)) await host.unit.stop();
  // The completion drains what a stopped unit left behind, which takes as long as the job.
  if (isStopped(unit)) await host.helpers.startCompletion();
  return outcome === "done" ? "beat" : "no-action";
}

/** A return to the warm pool has an action of the same hook, and drains likewise. */
async function endsService({ imds, registrar, service }: HeartbeatHost): Promise<boolean> {
  const target = await imds.targetState();
  if (isTerminating(target)) return true;
  if (!entersPool(target)) return false;
  return isReturning({ target, registered: await registrar.registered(), served: await service.isSet() });
}

/** Whether neither the runner nor a job is left. False if that is unknown, so that the action does not expire. */
async function nothingIsLeft({ unit, signs, log }: HeartbeatHost): Promise<boolean> {
  try {
    if (!isStopped(await unit.state())) return false;
    const { workers, listener } = await signs.read();
    return workers === 0 && listener === undefined;
  } catch (error) {
    log.warn("the runner's state is unknown: sending a heartbeat", { reason: (error as Error).message });
    return false;
  }
}
