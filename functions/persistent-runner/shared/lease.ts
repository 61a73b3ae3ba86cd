import type { Lease, LeasePhase } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { Item } from "../../shared/ledger/attributes";

const PHASES: readonly LeasePhase[] = ["stopped", "starting", "ready", "stopping"];

/** Of a machine that no one has had yet: there is no item. */
const UNUSED: Lease = { phase: "stopped", generation: 0, changedAt: 0 };

/** @throws for an item that none of our programs can have written: to act on it could stop a machine at work. */
export function readLease(item: Item | undefined): Lease {
  if (item === undefined) return UNUSED;
  const { phase, generation = 0, changedAt = 0 } = item;
  const known = PHASES.find((one) => one === phase);
  if (known === undefined || typeof generation !== "number" || typeof changedAt !== "number") {
    const remedy = "delete the item while the machine is stopped";
    throw new Error(`the lease is damaged: its phase is "${phase}", its generation "${generation}"; ${remedy}`);
  }
  return {
    phase: known,
    generation,
    changedAt,
    ...text(item, "holder"),
    ...text(item, "instanceId"),
    ...text(item, "history"),
    ...text(item, "bootId"),
    ...text(item, "prepared"),
    ...text(item, "ordered"),
    ...text(item, "label"),
    ...text(item, "failure"),
    ...number(item, "expires"),
    ...number(item, "startedAt"),
    ...number(item, "launchedBefore"),
    ...number(item, "stoppedAt"),
    ...number(item, "notBefore"),
    ...number(item, "runnerId"),
    ...number(item, "postponed"),
    ...number(item, "foundReadyAt"),
    ...number(item, "connectedAt"),
  };
}

function text<K extends string>(item: Item, name: K): { [P in K]?: string } {
  const value = item[name];
  return (typeof value === "string" ? { [name]: value } : {}) as { [P in K]?: string };
}

function number<K extends string>(item: Item, name: K): { [P in K]?: number } {
  const value = item[name];
  return (typeof value === "number" ? { [name]: value } : {}) as { [P in K]?: number };
}

/** @param now milliseconds since the epoch, as everywhere here */
export function isExpired({ holder, expires = 0 }: Lease, now: number): boolean {
  return holder !== undefined && expires * 1000 <= now;
}

/**
 * Whether no call that an earlier write allowed can reach the machine any more. By our own clocks: the machine, whose clock may be wrong,
 * writes when it became ready, and no call follows that.
 */
export function isSettled({ phase, changedAt, startedAt = 0, stoppedAt = 0 }: Lease, now: number): boolean {
  const allowedAt = phase === "ready" ? startedAt : changedAt;
  return now - Math.max(allowedAt, stoppedAt) >= PERSISTENT_TIMING.settle * 1000;
}

/** The value of `expires` in so many seconds. */
export function inSeconds(now: number, seconds: number): number {
  return Math.ceil(now / 1000) + seconds;
}
