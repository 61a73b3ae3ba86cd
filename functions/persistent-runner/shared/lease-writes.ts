/** Every write of the functions to the lease, as data. contract/persistent-runner/lease.ts has the table of the phases. */
import { type Lease, type LeasePhase, UNFINISHED } from "../../../contract/persistent-runner/lease";
import type { Value } from "../../shared/ledger/attributes";
import type { Condition } from "../../shared/ledger/expressions";
import type { ItemWrite } from "../../shared/ledger/single-item";

type Attribute = keyof Lease;

/** What a write sets and removes; only the lease's own attributes. */
interface LeaseWrite extends ItemWrite {
  set?: { [A in Attribute]?: Lease[A] };
  remove?: readonly Attribute[];
}

/** Of one attempt to start the machine, and without a meaning for the next. */
const OF_AN_ATTEMPT: readonly Attribute[] = ["startedAt", "launchedBefore", "stoppedAt", "bootId", "label", "foundReadyAt", "connectedAt"];
/** And of all attempts of one start. */
const OF_A_START: readonly Attribute[] = [...OF_AN_ATTEMPT, "notBefore", "history"];

/** A free machine, one that its holder has already, or one whose holder's time is over. Another machine than the last was never prepared. */
export function acquire(lease: Lease, holder: string, expires: number, instanceId: string, now: number): LeaseWrite {
  const free: Condition = { any: [{ absent: "holder" }, is("holder", holder), { attribute: "expires", is: "<=", value: now / 1000 }] };
  return {
    when: { all: [...unchanged(lease), free] },
    set: { ...next(lease, now), holder, expires, instanceId },
    remove: [...OF_A_START, "runnerId", ...(lease.instanceId === instanceId ? [] : (["prepared"] as const))],
  };
}

/** The holder is alive. */
export function renew(lease: Lease, expires: number): LeaseWrite {
  return { when: { all: held(lease) }, set: { expires } };
}

/** The holder has found its machine ready: its session begins. */
export function beginSession(lease: Lease, expires: number, now: number): LeaseWrite {
  return { when: { all: held(lease) }, set: { expires, foundReadyAt: now } };
}

/** From now on the label may be handed out. */
export function noteConnected(lease: Lease, now: number): LeaseWrite {
  return { when: { all: held(lease) }, set: { connectedAt: now } };
}

/**
 * The one attempt of this generation begins. Not if another request has begun it, or has told the machine to stop.
 *
 * @param launchedBefore undefined if the machine runs already and needs its order only
 * @param label undefined if no runner is to be registered
 * @param digest of what the machine has to be prepared by
 */
export function begin(
  lease: Lease,
  { launchedBefore, label, digest }: { launchedBefore: number | undefined; label: string | undefined; digest: string },
  now: number,
): LeaseWrite {
  // Until the machine says that it has finished: another release may be half installed then.
  const prepares = lease.prepared !== undefined && lease.prepared !== digest;
  return {
    when: { all: [...held(lease), { absent: "startedAt" }, same(lease, "stoppedAt")] },
    set: { startedAt: now, launchedBefore, label, ordered: digest, ...(prepares && { prepared: UNFINISHED }) },
    remove: ["notBefore", "stoppedAt", ...(launchedBefore === undefined ? (["launchedBefore"] as const) : [])],
  };
}

/** After the order is written, and before the machine is started: the lease is still the one that began. */
export function confirm(lease: Lease, startedAt: number, runnerId: number | undefined): LeaseWrite {
  return { when: { all: [...held(lease), is("startedAt", startedAt)] }, set: { startedAt, runnerId } };
}

/**
 * The holder's start failed, or hung, or its runner did not connect: from now on it counts for nothing that its machine becomes ready.
 *
 * @param expires of a holder that waits again, also if the session had begun: one that has died would have the machine for as long as that
 */
export function restart(
  lease: Lease,
  { history, notBefore, expires }: { history: string; notBefore: number; expires: number },
  now: number,
): LeaseWrite {
  return {
    when: { all: held(lease) },
    set: { ...next(lease, now), history, notBefore, expires },
    remove: [...OF_AN_ATTEMPT, "runnerId"],
  };
}

/** The holder needs the machine no more; or its time, which is then part of the condition, is over. */
export function release(lease: Lease, now: number): LeaseWrite {
  return {
    when: { all: held(lease) },
    set: { phase: "stopping", changedAt: now },
    remove: ["holder", "expires", "startedAt", "launchedBefore", "notBefore", "history", "label", "foundReadyAt", "connectedAt"],
  };
}

/** The same while the machine is off. */
export function forget(lease: Lease): LeaseWrite {
  return { when: { all: held(lease) }, remove: ["holder", "expires", "history"] };
}

/** So that no run acquires a machine that is about to be told to stop. */
export function claimForStop(lease: Lease, now: number): LeaseWrite {
  return {
    when: { all: [...unchanged(lease), { absent: "holder" }] },
    set: { phase: "stopping", generation: lease.generation, changedAt: now },
    remove: ["stoppedAt"],
  };
}

/** Before each call that stops the machine; one of several simultaneous requests. Not while a start is under way. */
export function tellToStop(lease: Lease, now: number): LeaseWrite {
  const notStarted: Condition[] = lease.phase === "starting" ? [{ absent: "startedAt" }] : [];
  return { when: { all: [...unchanged(lease), same(lease, "stoppedAt"), ...notStarted] }, set: { stoppedAt: now } };
}

/** EC2 refused that call, so the next request need not wait for its effect. */
export function stopWasRefused(lease: Lease, stoppedAt: number): LeaseWrite {
  return { when: { all: [...unchanged(lease), is("stoppedAt", stoppedAt)] }, remove: ["stoppedAt"] };
}

/** EC2 shows that the machine is off. The holder stays: it may start the machine again. */
export function noteStopped(lease: Lease, now: number): LeaseWrite {
  return {
    when: { all: [...unchanged(lease), same(lease, "stoppedAt")] },
    set: { phase: "stopped", changedAt: now },
    remove: OF_A_START,
  };
}

/** The instance was replaced: what the lease says of the earlier one's power is over. */
export function noteNewMachine(lease: Lease, instanceId: string, now: number): LeaseWrite {
  return {
    when: { all: [...unchanged(lease), same(lease, "instanceId")] },
    set: { phase: "stopped", changedAt: now, instanceId },
    remove: [...OF_A_START, "prepared"],
  };
}

/** A provisioning found the machine in use. Not if another one has noted that meanwhile. */
export function notePostponed(lease: Lease): LeaseWrite {
  return { when: same(lease, "postponed"), set: { postponed: (lease.postponed ?? 0) + 1 } };
}

/** GitHub no longer has the runner of the last start. */
export function noteRunnerRemoved(lease: Lease): LeaseWrite {
  return { when: { all: [...unchanged(lease), same(lease, "runnerId")] }, remove: ["runnerId"] };
}

function next(lease: Lease, now: number): { phase: LeasePhase; generation: number; changedAt: number } {
  return { phase: "starting", generation: lease.generation + 1, changedAt: now };
}

/** The lease is at the moment that the writer has read. */
function unchanged(lease: Lease): Condition[] {
  const first = lease.generation === 0;
  return [orAbsent(is("generation", lease.generation), first), orAbsent(is("phase", lease.phase), first && lease.phase === "stopped")];
}

/** And its holder is the same, with the same time left. */
function held(lease: Lease): Condition[] {
  return [...unchanged(lease), same(lease, "holder"), same(lease, "expires")];
}

/** A machine that no one has had yet has no item. */
function orAbsent(condition: Condition & { attribute: string }, first: boolean): Condition {
  return first ? { any: [{ absent: condition.attribute }, condition] } : condition;
}

function same(lease: Lease, attribute: Attribute): Condition {
  const value = lease[attribute];
  return value === undefined ? { absent: attribute } : is(attribute, value);
}

function is(attribute: Attribute, value: Value): Condition & { attribute: string } {
  return { attribute, is: "=", value };
}
