/**
 * The completion of a return to the warm pool (instance reuse), and of a launch whose machine was not renewed when it
 * returned. The machine becomes what its installation made it, except for what jobs stored on the disk: it has no
 * registration, no process, timer or program of an earlier job, and no mark of its service.
 *
 * Run by: complete.ts, in its unit, so once at a time.
 *
 * Life cycle, in this order:
 *   1. Set the return mark. From now on no listener starts, until the next launch registers (daemon.ts).
 *   2. Wait for the unit to stop, and drain what an incomplete stop left behind, as at a termination.
 *   3. Read the target state again, because step 2 may have taken as long as a job.
 *   4. Have the host's logs delivered, 10 s at most. One heartbeat, and a further one every heartbeatInterval until step 5 has ended: the timer's end with the runner, and a
 *      renewal takes seconds to minutes, on a slow disk up to 10 minutes for each of its commands. After an hour they end, too.
 *   5. Renew: kill all processes of the job's user, have its engine forget its containers, disarm, kill again, restore, clear the marks, check that no process and no
 *      lingering came back, clear the mark of the service.
 *      Where their file system has too little space for a launch, the work folder of jobs goes, too.
 *   6. CompleteLifecycleAction of the termination's hook with CONTINUE.
 *
 * Renewal fails: logged and counted, and the return goes on. The instance is not used again: its next launch tries once more,
 * and is abandoned if that fails, too; where it is in service already, it reports itself unhealthy. So it is replaced.
 *
 * Killed: each run starts over. After step 5 the machine counts as one that was only prepared: the daemon then ends the
 * action as it does when an instance enters the pool.
 *
 * Metadata or AWS does not answer: as for a termination, see complete.ts.
 */
import { LOG, PATHS } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { workFolder } from "../../../contract/shared/host-paths";
import type { TargetState } from "../../../contract/aws/lifecycle";
import { isReturning } from "./decide";
import { AT_LAUNCH, shortageOf } from "./full-disk";
import type { Host } from "./ports/host";
import { drainLeftovers, stopped, type Wait } from "./stopped-runner";
import { entersPool, isTerminating } from "./target-state";

type RenewalHost = Pick<Host, "config" | "log" | "unit" | "renewal" | "forcedStop" | "pause" | "service" | "disk" | "engine">;
export type ReturnHost = RenewalHost &
  Pick<Host, "clock" | "imds" | "signs" | "lifecycle" | "metrics" | "registrar" | "returning" | "health" | "hostLogs" | "jobMark">;
export type ReturnResult = "returned" | "renewed" | "abandoned";

/** Whether the instance leaves service for the warm pool, or has left it with a machine that was not renewed. */
export async function leftServiceUsed(
  { registrar, service, returning }: Pick<Host, "registrar" | "service" | "returning">,
  target: TargetState | undefined,
): Promise<boolean> {
  if (isTerminating(target)) return false;
  const pooled = entersPool(target);
  if (!pooled && !(await returning.isSet())) return false;
  const past = { registered: await registrar.registered(), served: await service.isSet() };
  return pooled ? isReturning({ target, ...past }) : past.registered || past.served;
}

/** @param report counts a forced stop; true: this completion's own drain forced it */
export async function completeReturn(
  host: ReturnHost,
  wait: Wait,
  report: (gaveUp: boolean) => Promise<void>,
): Promise<ReturnResult | "none" | "still-running"> {
  await host.returning.set();
  if (!(await stopped(host))) return "still-running";
  const drained = await drainLeftovers(host, await host.forcedStop.isSet(), wait);
  if (drained !== undefined) {
    await report(drained === "forced");
    if (!(await stopped(host))) return "still-running";
  }
  const target = await host.imds.targetState();
  if (isTerminating(target)) throw new Error("the instance terminates instead of returning to the warm pool");
  const pooled = entersPool(target);
  // The renewal deletes the runner's diagnostics, and with them what is not delivered.
  if (pooled) await host.hostLogs.flush();
  const renewed = await (pooled ? beating(host, tryToRenew) : tryToRenew(host));
  if (!pooled) return renewed ? "renewed" : giveUpLaunch(host);
  const hook = host.config.terminateHook;
  const outcome = await host.lifecycle.complete(hook, "CONTINUE");
  host.log.info(LOG.actionCompleted, { hook, outcome, target, renewed });
  return outcome === "done" ? "returned" : "none";
}

/** Of a renewal. It takes minutes; one that hangs must let its action expire, or its instance would be lost to the pool. */
const LONGEST_BEATS_MS = 3_600_000;

/** Beats at once and every heartbeatInterval, for as long as the work takes, but for an hour at most. */
async function beating<T>(host: ReturnHost, work: (host: ReturnHost) => Promise<T>): Promise<T> {
  await beat(host);
  let ended = false;
  const last = host.clock.now() + LONGEST_BEATS_MS;
  const beats = async () => {
    for (;;) {
      await host.clock.sleep(host.config.heartbeatInterval * 1000);
      if (ended) return;
      if (host.clock.now() > last)
        return host.log.warn("the renewal takes more than an hour, so its heartbeats end and its action may expire");
      await beat(host);
    }
  };
  void beats();
  return work(host).finally(() => (ended = true));
}

/** Best effort: heartbeatInterval is at most a third of heartbeatTimeout, so two in a row may be lost. */
async function beat({ lifecycle, config, log }: ReturnHost): Promise<void> {
  try {
    await lifecycle.heartbeat(config.terminateHook);
  } catch (error) {
    log.warn("a heartbeat of the renewal failed", { error: String(error) });
  }
}

async function tryToRenew(host: ReturnHost): Promise<boolean> {
  try {
    await renew(host);
    host.log.info("machine renewed: it keeps what jobs stored on its disk, but no registration, process or program of theirs");
    return true;
  } catch (error) {
    host.log.error(LOG.renewalFailed, { error: String(error), metric: METRIC.failedRenewals });
    await host.metrics.count(METRIC.failedRenewals).catch((failure: unknown) => {
      host.log.warn("the failed renewal could not be counted", { error: String(failure) });
    });
    return false;
  }
}

/** The mark of the service is cleared last: until then each further completion, and the next launch, renews again. */
async function renew(host: RenewalHost): Promise<void> {
  const { unit, renewal, engine, forcedStop, pause, service } = host;
  // Also after a forced stop, which leaves its worker alone.
  if (!(await unit.killLeftovers())) throw new Error("processes of earlier jobs survive SIGKILL");
  await renewal.endProcesses();
  await engine.reset();
  // After them, because they could arm it again. What it disarms, a planted login key included, may have started others until then.
  await renewal.disarm();
  await renewal.endProcesses();
  await renewal.restore();
  await makeRoom(host);
  await unit.lowerFence();
  await forcedStop.clear();
  await pause.clear();
  await renewal.check();
  await service.clear();
}

/**
 * Caches are worth less than the instance, whose next launch would be abandoned (registration.ts). Only where their own file system is
 * too full: the work folder is on that of the runner (can-return.ts), or has a volume; a full volume of Docker's gains nothing.
 */
async function makeRoom({ config, disk, renewal, log }: RenewalHost): Promise<void> {
  const folder = workFolder(config) ?? PATHS.runner;
  const shortage = shortageOf(
    (await disk.space()).filter(({ path }) => path === folder),
    AT_LAUNCH,
    config.diskFloor,
  );
  if (shortage === undefined) return;
  await renewal.deleteWork();
  const remaining = shortageOf(await disk.space(), AT_LAUNCH, config.diskFloor);
  log.warn("jobs left too little space for a launch, so their work folder was deleted", { shortage, remaining });
}

/** A machine that may still run an earlier job's programs must take no job. */
async function giveUpLaunch({ lifecycle, health, config, log }: ReturnHost): Promise<"abandoned"> {
  const outcome = await lifecycle.complete(config.launchHook, "ABANDON");
  log.error("launch abandoned, because the machine could not be renewed", { hook: config.launchHook, outcome });
  // Someone else has continued the launch: the instance is in service, without a runner.
  if (outcome === "none") await health.markUnhealthy();
  return "abandoned";
}
