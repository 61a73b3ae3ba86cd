/** What a run that asks for the machine does next, by lease and power. Pure. */
import { type Lease, PROVISIONER } from "../../../contract/persistent-runner/lease";
import { type BootOrder, preparationDigest } from "../../../contract/persistent-runner/order";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { InstancePower } from "../../shared/aws/instance-power";
import { dropReason } from "../shared/drop";
import { inSeconds, isSettled } from "../shared/lease";
import { isOff } from "../shared/power-off";
import type { StartSettings } from "../shared/settings";
import { readHistory } from "./next-attempt";
import { failureOfBoot, failureOfState, type StartFailure } from "./start-failure";

export type StartStep =
  /** The instance was terminated. */
  | { step: "gone" }
  /** The lease is still about an earlier instance. */
  | { step: "new machine" }
  | { step: "acquire" }
  /** Another run has it, or a stop has to be waited for. */
  | { step: "wait"; detail: string }
  /** Another's run that has it needs it no more. */
  | { step: "drop"; reason: string }
  /** The machine is off, but the lease does not say so yet. */
  | { step: "note stopped" }
  /** It is to be off before anything else. */
  | { step: "power off" }
  /** `running`: it waits for its order on its first boot. */
  | { step: "begin"; running: boolean }
  | { step: "starting"; detail: string }
  | { step: "failed"; failure: StartFailure }
  /** `late`: what it is if its runner is still not connected. */
  | { step: "ready"; late?: StartFailure };

export interface Asking {
  holder: string;
  purpose: BootOrder["purpose"];
  /** Milliseconds since the epoch. */
  now: number;
  settings: StartSettings;
}

export function nextStep(lease: Lease, power: InstancePower, asking: Asking): StartStep {
  const { holder, now, settings } = asking;
  if (power.state === "terminated" || power.state === "shutting-down") return { step: "gone" };
  if (lease.instanceId !== undefined && lease.instanceId !== settings.instanceId) return { step: "new machine" };
  const isMine = lease.holder === holder;
  const dropped = isMine ? undefined : dropReason(lease, now);
  if (dropped !== undefined) return { step: "drop", reason: dropped };
  switch (lease.phase) {
    case "stopped":
      if (isMine || lease.holder === undefined) return { step: "acquire" };
      return { step: "wait", detail: `the machine is held by ${shownHolder(lease, holder)}` };
    case "stopping":
      if (!isOff(power)) return { step: "power off" };
      return isSettled(lease, now) ? { step: "note stopped" } : { step: "wait", detail: "the machine has just been switched off" };
    case "ready":
      if (isMine && asking.purpose === "run" && lease.connectedAt === undefined) return beforeConnection(lease, power, now);
      if (isOff(power) && isSettled(lease, now)) return { step: "note stopped" };
      if (!isMine) return { step: "wait", detail: `the machine is in use by ${shownHolder(lease, holder)}` };
      return power.state === "running" ? { step: "ready" } : { step: "starting", detail: "the machine switches itself off" };
    case "starting":
      if (!isMine) return { step: "wait", detail: `the machine is started for ${shownHolder(lease, holder)}` };
      return lease.startedAt === undefined ? beforeAttempt(lease, power, now) : duringAttempt(lease, lease.startedAt, power, asking);
  }
}

function beforeAttempt(lease: Lease, power: InstancePower, now: number): StartStep {
  const { notBefore = 0, prepared, history } = lease;
  if (isOff(power)) {
    if (notBefore > now) {
      return { step: "starting", detail: `the next attempt to start the machine is in ${Math.ceil((notBefore - now) / 1000)} s` };
    }
    // No call that stops it may come after the one that starts it.
    const { stoppedAt = 0 } = lease;
    const isQuiet = now - stoppedAt >= PERSISTENT_TIMING.settle * 1000;
    return isQuiet ? { step: "begin", running: false } : { step: "starting", detail: "the machine has just been switched off" };
  }
  // A machine that was prepared before was started by someone else, or hangs: it waits for no order any more. Nor does one that goes off.
  const isFirstBoot = prepared === undefined && history === undefined && power.state !== "stopping";
  return isFirstBoot ? { step: "begin", running: true } : { step: "power off" };
}

function duringAttempt(lease: Lease, startedAt: number, power: InstancePower, { now, settings }: Asking): StartStep {
  const seconds = (now - startedAt) / 1000;
  const starting: StartStep = { step: "starting", detail: `the machine is ${power.state}, ${Math.floor(seconds)} s after its start` };
  const refused = failureOfBoot(lease);
  if (refused !== undefined) return isStartOver(startedAt, now) ? { step: "failed", failure: refused } : starting;
  if (!isOff(power)) {
    const limit = readyTimeout(lease, settings);
    // A machine that switches itself off is off soon, and then says more of what failed.
    if (seconds <= limit + (power.state === "stopping" ? PERSISTENT_TIMING.forceStopAfter : 0)) return starting;
    return { step: "failed", failure: { kind: "hung", detail: `the machine runs, but was not ready within ${limit} s` } };
  }
  if (power.launchedAt !== lease.launchedBefore) {
    // EC2 may have stopped it within seconds, and the SDK may have repeated the call: that would start it once more, for this start's order.
    if (!isStartOver(startedAt, now)) return starting;
    const offBeforeReady: StartFailure = { kind: "hung", detail: "the machine switched itself off before it was ready" };
    return { step: "failed", failure: failureOfState(power) ?? offBeforeReady };
  }
  if (seconds <= PERSISTENT_TIMING.startLostAfter) return starting;
  return { step: "failed", failure: failureOfState(power) ?? { kind: "fault", detail: "EC2 shows nothing of the start" } };
}

/** The machine says that it is ready; its runner is not yet known to be connected, and so its label was handed to no one. */
function beforeConnection(lease: Lease, power: InstancePower, now: number): StartStep {
  const { startedAt = 0, foundReadyAt } = lease;
  const failed = (failure: StartFailure): StartStep =>
    isStartOver(startedAt, now) ? { step: "failed", failure } : { step: "starting", detail: failure.detail };
  const refused = failureOfBoot(lease);
  if (refused !== undefined) return failed(refused);
  if (isOff(power)) return failed({ kind: "hung", detail: "the machine switched itself off before its runner was connected to GitHub" });
  if (power.state !== "running") return { step: "starting", detail: "the machine switches itself off" };
  if (foundReadyAt === undefined || now - foundReadyAt <= PERSISTENT_TIMING.connectTimeout * 1000) return { step: "ready" };
  const detail = `the machine is ready, but GitHub did not show its runner as connected within ${PERSISTENT_TIMING.connectTimeout} s`;
  return { step: "ready", late: { kind: "hung", detail } };
}

/** No repetition of the call that started the machine can come any more, which would start it again after a stop. */
function isStartOver(startedAt: number, now: number): boolean {
  return now - startedAt >= PERSISTENT_TIMING.settle * 1000;
}

/** For the log of a workflow, which may be public, while another's repository may be private. */
function shownHolder({ holder = "no one" }: Lease, asking: string): string {
  if (holder === PROVISIONER) return "a preparation by `pulumi up`";
  const [repository, run, attempt] = holder.split("#");
  return repository === asking.split("#")[0] ? `run ${run}, attempt ${attempt}` : "a run of another repository";
}

/** Seconds until a machine is ready, longer if it has to prepare itself. */
function readyTimeout({ prepared }: Lease, settings: StartSettings): number {
  return prepared === preparationDigest(settings) ? settings.timeouts.bootTimeout : settings.timeouts.firstBootTimeout;
}

/**
 * How long a holder that waits for the machine's start has it without asking again. A preparation goes on without anyone who waits for it,
 * and is not to be cut: it has as long as the machine itself gives it.
 */
export function whileStarting(now: number, purpose: BootOrder["purpose"], { timeouts }: StartSettings): number {
  const preparing = purpose === "provision" ? timeouts.firstBootTimeout + PERSISTENT_TIMING.overrunMargin : 0;
  return inSeconds(now, Math.max(PERSISTENT_TIMING.holderSilence, preparing));
}

/**
 * Whether the time of a holder that waits has to be renewed, which costs a write, and so is not done at each request.
 *
 * @param full the value of `expires` after a renewal
 */
export function needsRenewal({ expires = 0 }: Lease, full: number): boolean {
  return full - expires > PERSISTENT_TIMING.holderSilence / 2;
}

/** How long a holder has a machine that is ready: its session, which the machine itself limits, with a margin. */
export function whileReady(now: number, { timeouts }: StartSettings): number {
  return inSeconds(now, timeouts.maxSession + PERSISTENT_TIMING.overrunMargin);
}

/** The type that the next attempt uses. */
export function wantedType({ history }: Lease, { instanceTypes }: StartSettings): string {
  return instanceTypes[Math.min(readHistory(history).type, instanceTypes.length - 1)]!;
}
