/**
 * Has the machine prepare itself, for `pulumi up`: it starts like for a run, with an order that has it prepare itself and switch itself
 * off. Each invocation waits for a part of that, because none lasts longer than 15 minutes.
 *
 * A deployment that was interrupted leaves its invocation at work, with the settings of its own release, while the next deployment invokes
 * the function anew. Both are PROVISIONER. So an invocation ends as soon as the machine has been ordered to install what is not its own:
 * it would have the machine install a former release again.
 */
import type { PostponedReply, ProvisionReply } from "../../../contract/persistent-runner/control";
import { type Lease, PROVISIONER } from "../../../contract/persistent-runner/lease";
import { preparationDigest } from "../../../contract/persistent-runner/order";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import { consoleLines } from "../../shared/aws/console-output";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { pause, within } from "../../shared/lambda/timeout";
import { isExpired, isSettled } from "../shared/lease";
import { forget, notePostponed, noteStopped, release } from "../shared/lease-writes";
import { isOff, powerOff } from "../shared/power-off";
import type { ControlPorts } from "../shared/ports";
import type { StartSettings } from "../shared/settings";
import type { ProvisionCall } from "./request";
import { Start } from "./start";

/** Lines of the console in an error of `pulumi up`. */
const SHOWN_LINES = 30;
/** A machine that has prepared itself, but does not switch itself off, is switched off. Seconds. */
const OFF_WITHIN = 120;

/** What this invocation has seen of the machine in its last round. */
interface Seen {
  ordered?: string | undefined;
}

type Round = { done: ProvisionReply } | { failed: string } | { waits: string };

/** @throws with the end of the machine's console, if the machine could not prepare itself */
export async function provision(
  request: ProvisionCall,
  ports: ControlPorts,
  settings: StartSettings,
  observer: Observer,
): Promise<ProvisionReply> {
  const expected = preparationDigest(settings);
  if (request.instanceId !== settings.instanceId || request.digest !== expected) {
    throw new Error("the function serves another machine or another release than the one to provision: run `pulumi up` again");
  }
  const end = ports.clock.now() + Math.min(request.wait, PERSISTENT_TIMING.provisionWait) * 1000;
  const seen: Seen = {};
  for (;;) {
    const result = await boundedRound(seen, ports, settings, observer);
    if ("done" in result) return result.done;
    if ("failed" in result) throw new Error(result.failed);
    if (ports.clock.now() + PERSISTENT_TIMING.pollInterval * 1000 >= end)
      return unfinished(request, result.waits, ports, settings, observer);
    await pause(ports.clock, PERSISTENT_TIMING.pollInterval * 1000, new AbortController().signal);
  }
}

/** The next deployment has another invocation for each. A read that fails is repeated: a new function's rights take some seconds. */
export async function postponed(ports: ControlPorts, { log }: Observer): Promise<PostponedReply> {
  return within(ports.clock, "reading the lease", PERSISTENT_TIMING.controlBound * 1000, async (signal) => {
    for (;;) {
      try {
        return { postponed: (await ports.lease.read(signal)).postponed ?? 0 };
      } catch (error) {
        log.warn("the lease could not be read, trying again", { reason: reasonOf(error) });
      }
      await pause(ports.clock, PERSISTENT_TIMING.pollInterval * 1000, signal);
    }
  });
}

/** A call that fails is repeated in the next round: the machine prepares itself meanwhile. */
async function boundedRound(seen: Seen, ports: ControlPorts, settings: StartSettings, observer: Observer): Promise<Round> {
  try {
    return await within(ports.clock, "a round of the provisioning", PERSISTENT_TIMING.controlBound * 1000, (signal) =>
      round(seen, ports, settings, observer, signal),
    );
  } catch (error) {
    observer.log.warn("a round of the provisioning failed; the next one repeats it", { reason: reasonOf(error) });
    return { waits: reasonOf(error) };
  }
}

async function round(seen: Seen, ports: ControlPorts, settings: StartSettings, observer: Observer, signal: AbortSignal): Promise<Round> {
  const lease = await ports.lease.read(signal);
  if (isPrepared(lease, settings)) {
    const waits = await afterPreparation(lease, ports, observer, signal);
    return waits === undefined ? { done: { state: "prepared", detail: "the machine is prepared, and off" } } : { waits };
  }
  if (isAnothers(lease, ports)) return { done: await inUse(lease, ports, signal) };
  if (isSuperseded(lease, seen, settings)) return { failed: "another deployment has the machine prepare itself: run `pulumi up` again" };
  const starting = { holder: PROVISIONER, purpose: "provision" } as const;
  const reply = await new Start(starting, ports, settings, observer, signal).run();
  if (reply.state === "failed") return { failed: reply.detail };
  return { waits: "detail" in reply ? reply.detail : "the machine reports what it was prepared by" };
}

/** A run that is at it prepares the machine itself: what its lease was prepared by is no longer what the function orders. */
function isAnothers(lease: Lease, { clock }: ControlPorts): boolean {
  return lease.holder !== undefined && lease.holder !== PROVISIONER && !isExpired(lease, clock.now());
}

/** A count that is refused is another invocation's, which noted the same. */
async function inUse(lease: Lease, ports: ControlPorts, signal: AbortSignal): Promise<ProvisionReply> {
  await ports.lease.write(notePostponed(lease), signal);
  const detail = `${lease.holder} has the machine, which prepares itself at its next start or at the next \`pulumi up\``;
  return { state: "in-use", detail };
}

/** Since the last round the machine was ordered to install something else. */
function isSuperseded({ ordered }: Lease, seen: Seen, settings: StartSettings): boolean {
  const isOthers = "ordered" in seen && ordered !== seen.ordered && ordered !== preparationDigest(settings);
  seen.ordered = ordered;
  return isOthers;
}

function isPrepared(lease: Lease, settings: StartSettings): boolean {
  return lease.instanceId === settings.instanceId && lease.prepared === preparationDigest(settings);
}

/** Undefined: nothing is left to wait for. A run that has the machine meanwhile is none of the provisioning's. */
async function afterPreparation(lease: Lease, ports: ControlPorts, { log }: Observer, signal: AbortSignal): Promise<string | undefined> {
  if (lease.holder !== PROVISIONER) return lease.phase === "stopping" ? waitForOff(lease, ports, log, signal) : undefined;
  const now = ports.clock.now();
  if (lease.phase === "stopped") {
    await ports.lease.write(forget(lease), signal);
    return "the machine is given back";
  }
  if (isOff(await ports.power.state(signal)) && lease.phase === "ready" && isSettled(lease, now)) {
    await ports.lease.write(noteStopped(lease, now), signal);
  } else if (now - lease.changedAt > OFF_WITHIN * 1000) {
    await ports.lease.write(release(lease, now), signal);
  }
  return "the machine is prepared, and switches itself off";
}

async function waitForOff(lease: Lease, ports: ControlPorts, log: Observer["log"], signal: AbortSignal): Promise<string | undefined> {
  const off = await powerOff(lease, await ports.power.state(signal), ports, log, signal);
  return off.outcome === "off" ? undefined : "the machine is prepared, and is being stopped";
}

/** At the end of an invocation's time. */
async function unfinished(
  request: ProvisionCall,
  waits: string,
  ports: ControlPorts,
  settings: StartSettings,
  observer: Observer,
): Promise<ProvisionReply> {
  const detail = `after ${request.wait} s: ${waits}`;
  const bound = PERSISTENT_TIMING.controlBound * 1000;
  return within(ports.clock, "the end of the provisioning", bound, async (signal): Promise<ProvisionReply> => {
    const lease = await ports.lease.read(signal);
    if (isAnothers(lease, ports)) return inUse(lease, ports, signal);
    if (!request.last) return { state: "unfinished", detail };
    const lines = await ports.power.console(signal).catch((error: unknown) => [`its console is unreadable: ${reasonOf(error)}`]);
    const shown = consoleLines(lines.join("\n"), SHOWN_LINES).join("\n");
    const now = ports.clock.now();
    // Anyone who may invoke the function can say that the time is over: a preparation is cut only once the machine's own limit has passed.
    const isOver = now - (lease.startedAt ?? 0) >= settings.timeouts.firstBootTimeout * 1000;
    if (lease.holder === PROVISIONER && lease.phase !== "stopped" && isOver) {
      if (await ports.lease.write(release(lease, now), signal)) {
        const released: Lease = { ...lease, phase: "stopping", changedAt: now };
        await powerOff(released, await ports.power.state(signal), ports, observer.log, signal);
      }
    }
    throw new Error(`the machine did not prepare itself in time, ${detail}; the end of its console:\n${shown}`);
  });
}
