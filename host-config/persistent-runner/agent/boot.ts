/**
 * A boot, once the boot script has fetched what it is for: prepares the machine if anything has changed, and either switches it off
 * again (purpose `provision`) or lets it take one job (`run`).
 *
 * Unit: ci-runners-boot.service, as the last command of the boot script. Its failure switches the machine off.
 *
 * The lease is written before the runner starts, and on the condition that it is still of this start: a run that was cancelled
 * meanwhile has released it, and EC2 is about to stop this machine. Whatever goes wrong before is the reason in the lease, on the
 * console and in the journal.
 *
 * Bounds: none of its own. The preparation has setupTimeout, the boot firstBootTimeout or maxSession; systemd's timers, which need
 * nothing of this program, end the machine then.
 */
import { DISK_GATE, PERSISTENT_LOG } from "../../../contract/persistent-runner/host";
import { DISK_REFUSAL, UNFINISHED } from "../../../contract/persistent-runner/lease";
import { preparationDigest } from "../../../contract/persistent-runner/order";
import { shortageOf } from "./gate";
import type { BootHost } from "./ports/boot-host";

/** Pauses between the tries of a write to the lease, each of which may take 30 s itself. */
const LEASE_PAUSES_MS = [2_000, 10_000];

/** Resolves with what becomes of the machine. Rejects if it can take no job. */
export async function boot(host: BootHost): Promise<"off" | "running"> {
  try {
    return await attempt(host);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.log.error(PERSISTENT_LOG.bootFailed, { reason, generation: host.order.generation });
    await host.lease.failed(reason).catch((failure: unknown) => {
      host.log.warn("the reason could not be written to the lease", { error: String(failure) });
    });
    throw error;
  }
}

async function attempt(host: BootHost): Promise<"off" | "running"> {
  const { order, log, prepared, runner } = host;
  const digest = preparationDigest(order);
  await host.endFormerProcesses();
  const before = prepared.get();
  if (before === digest) await host.mountVolumes();
  else {
    if (before !== undefined) await makeRoom(host);
    await host.installLoader();
    // Cut short it leaves parts of two releases, and a later order may name the former one again.
    if (before !== undefined) prepared.set(UNFINISHED);
    await host.prepare();
    prepared.set(digest);
    log.info(PERSISTENT_LOG.prepared, { digest });
  }
  if (order.purpose === "provision") {
    await written(host, digest);
    await host.powerOff();
    return "off";
  }
  await passGate(host);
  await host.settleJobs();
  await runner.configure(order);
  if (!(await written(host, digest))) {
    log.warn(PERSISTENT_LOG.notOurs, { generation: order.generation });
    await host.powerOff();
    return "off";
  }
  log.info(PERSISTENT_LOG.ready, { generation: order.generation });
  await host.liftFirstBootLimit();
  await runner.start();
  return "running";
}

async function written({ lease, clock, log }: BootHost, digest: string): Promise<boolean> {
  for (const pause of LEASE_PAUSES_MS) {
    try {
      return await lease.ready(digest);
    } catch (error) {
      log.warn("the lease could not be written, trying again", { error: String(error) });
    }
    await clock.sleep(pause);
  }
  return lease.ready(digest);
}

/** A preparation writes, too. Best effort, for its volumes may not be those of before. */
async function makeRoom(host: BootHost): Promise<void> {
  try {
    await host.mountVolumes();
    await evict(host);
  } catch (error) {
    host.log.warn("no room was made before the preparation", { error: String(error) });
  }
}

/** Rejects if a disk is too full although everything that may be evicted was. A job would fail half-way, with a less clear reason. */
async function passGate(host: BootHost): Promise<void> {
  const found = await evict(host);
  if (found === undefined) return;
  host.log.error(PERSISTENT_LOG.diskFull, { shortage: found });
  throw new Error(`${DISK_REFUSAL}${found}`);
}

/** Evicts one thing after the other while it can help: what is on another disk than the full one stays. Resolves with what is still too scarce. */
async function evict(host: BootHost): Promise<string | undefined> {
  const { config, log } = host;
  const measured = async () => shortageOf(await host.disks(), config.diskGate ?? DISK_GATE);
  let found = await measured();
  for (const { what, path, free } of host.evictable()) {
    if (found === undefined) break;
    if (path !== found.path) continue;
    log.info("evicting", { what, shortage: found.text });
    await free().catch((error: unknown) => log.warn("not all of it could be evicted", { what, error: String(error) }));
    found = await measured();
  }
  return found?.text;
}
