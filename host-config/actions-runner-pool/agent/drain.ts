/**
 * The drain: the only path by which the runner stops (`ExecStop=`). It waits for the job in flight, then stops the idle
 * listener so that it cannot accept another. The decisions are in drain-steps.ts; this file performs them.
 *
 * Unit: actions-runner.service, as its first ExecStop=, as root in the unit's cgroup. So it runs at every orderly stop of
 * the unit: by the agent, the heartbeat, the deregister function's SSM command, an operator, a shutdown. systemd has
 * sent no signal yet. The second stop command (stop-again.sh) and after-stop.sh run it again for what is left. The reap
 * and the completion call it for leftovers of an earlier listener.
 *
 * Life cycle:
 *   1. Read the job signs every 250 ms while a job is or may be in flight (in-flight.ts). The network stays open.
 *   2. If a job has just ended: wait until 5 s after its end, so that the listener can tell GitHub that it is idle. If a
 *      job shows: go back to 1.
 *   3. Raise the fence: IPAddressDeny=any on the unit, so that the listener can receive nothing new.
 *   4. Confirm for 1.5 s, or for 10 s without a fence, that nothing was accepted just before. If a job shows: lower the
 *      fence and go back to 1.
 *   5. SIGINT to the listener, wait 1 s, lower the fence so that it can close its session, wait 35 s at most for its exit.
 *
 * Killed: SIGTERM, SIGINT and SIGHUP are ignored. After SIGKILL stop-again.sh starts it again, as often as a signal ends
 * it; where the agent cannot run, that script waits for the worker and for an acquisition itself. A new drain counts maxDrain from its own start.
 *
 * AWS and the metadata: never called, because the fence cuts them off from this cgroup.
 *
 * Fallbacks: signs that cannot be read count as a job and are read again after 5 s. A fence that cannot be raised is
 * replaced by the 10 s of step 4. A fence that cannot be lowered while a job waits behind it is tried again every 5 s. An
 * unknown state of the main process counts as running. Without a readable configuration the deadline is 48 h.
 *
 * Bounds: config.drainDeadline, then a forced stop: it sets a mark in /run, or else on the disk, lowers the fence and
 * leaves the runner to end-service.sh and systemd. A further drain then returns `forced` at once, and the completion counts
 * the forced stop. If no mark can be set, the stop goes on without it; further drains then wait up to the deadline again.
 * systemd's own limit, TimeoutStopSec=, is 120 s longer. A message without a job makes the drain wait until the listener
 * says that it skips it, or for 600 s, an announced job without a worker for 900 s.
 *
 * Gotchas:
 *   - Never signal a worker, and never a listener with a job in flight: SIGINT cancels its job.
 *   - Write nothing to standard output, which is the listener's log in this unit.
 *   - Do not import the AWS clients: they take as long to load as everything else.
 *   - test/proofs/exploration explores all interleavings with plain-data states; its mutants.ts replaces exact lines of
 *     drain.ts, drain-steps.ts and in-flight.ts.
 */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { runFields } from "./claim";
import { RETRY_MS, beginDrain, nextStep, type DrainAnswer, type DrainRequest, type DrainResult, type DrainState } from "./drain-steps";
import type { Host } from "./ports/host";
import type { Signs } from "./ports/job-signs";

export type DrainHost = Pick<Host, "config" | "clock" | "log" | "unit" | "signs" | "forcedStop" | "jobMark">;
export type { DrainResult };

/** Notes that say which job the drain was about, as far as its hooks have claimed it. */
const NAMES_THE_JOB: readonly string[] = [LOG.forcedStop, LOG.drainEnded];

/**
 * Waits for the job in flight, if any, and stops the idle listener. Resolves with `idle` if no listener was running,
 * `stopped` if one was interrupted, `forced` if maxDrain was over: systemd then signals the service.
 *
 * @param pause between two readings of the signs; overridden by simulations, which skip readings that change nothing
 */
export async function drain(
  host: DrainHost,
  pause: (ms: number, state: DrainState) => Promise<void> = (ms) => host.clock.sleep(ms),
): Promise<DrainResult> {
  if (await host.forcedStop.isSet()) return "forced";
  let run = host.jobMark.get();
  let { state, next } = beginDrain(host.clock.now(), host.config.drainDeadline * 1000);
  for (;;) {
    if ("result" in next) return next.result;
    const answer = next.ask === "sleep" ? void (await pause(next.ms, state)) : await perform(host, next);
    const step = nextStep(state, answer, host.clock.now());
    for (const { level, message, fields } of step.notes) {
      // The daemon may have forgotten the job since, which has ended by then.
      run = host.jobMark.get() ?? run;
      host.log[level](message, NAMES_THE_JOB.includes(message) ? { ...fields, ...runFields(run, host.config) } : fields);
    }
    ({ state, next } = step);
  }
}

/** Performs one request of the drain. Returns a failure as an answer where the drain can continue without success. */
export async function perform(host: DrainHost, request: DrainRequest): Promise<DrainAnswer> {
  switch (request.ask) {
    case "read-signs":
      return readSigns(host);
    case "main-alive":
      return mainAlive(host);
    case "raise-fence":
      return raiseFence(host);
    case "lower-fence":
      return lowerFence(host);
    case "interrupt":
      return void (await host.unit.interrupt(request.listener));
    case "mark-forced":
      return void (await markForced(host));
    case "sleep":
      return void (await host.clock.sleep(request.ms));
  }
}

/** A drain that failed here would be started again, and would wait for maxDrain again. */
async function markForced(host: DrainHost): Promise<void> {
  try {
    await host.forcedStop.set();
  } catch (error) {
    host.log.error("the forced stop could not be marked", { error: String(error) });
  }
}

/** A runner whose signs cannot be read counts as busy, until they can be read again or maxDrain is over. */
export async function readSigns(host: Pick<DrainHost, "signs" | "log" | "clock">): Promise<Signs> {
  try {
    return await host.signs.read();
  } catch (error) {
    host.log.error("the job signs could not be read, treating the runner as busy", { error: String(error) });
    await host.clock.sleep(RETRY_MS);
    return { workers: 1 };
  }
}

async function mainAlive(host: DrainHost): Promise<boolean> {
  try {
    return (await host.unit.state()).mainAlive;
  } catch {
    return true;
  }
}

async function raiseFence(host: DrainHost): Promise<boolean> {
  try {
    return await host.unit.raiseFence();
  } catch (error) {
    host.log.error("the fence could not be raised", { error: String(error) });
    return false;
  }
}

async function lowerFence(host: DrainHost): Promise<boolean> {
  try {
    await host.unit.lowerFence();
    return true;
  } catch (error) {
    host.log.error("the fence could not be lowered", { error: String(error) });
    return false;
  }
}
