/** Whether a start that failed is tried again: when, and with which instance type. Pure. */
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { StartFailure } from "./start-failure";

/** What has failed since its holder acquired the machine. */
export interface StartHistory {
  /** Place in the list of instance types. */
  type: number;
  /** Attempts with this type for which EC2 had no capacity. */
  capacity: number;
  /** Machines that did not become ready. */
  hung: number;
  faults: number;
}

const FRESH: StartHistory = { type: 0, capacity: 0, hung: 0, faults: 0 };

/** One stop and start cures a machine that hung on its host; a second would not cure what is wrong with the machine. */
export const HUNG_RUN = 1;
/** A preparation that hung or failed once does so again, and takes up to an hour. */
export const HUNG_PROVISIONING = 0;
/** Each after FAULT_WAIT: longer than EC2's and GitHub's brief disturbances last, shorter than a workflow waits. */
const MOST_FAULTS = 12;
/** Seconds. */
const FAULT_WAIT = 10;

export type NextAttempt = { history: StartHistory; wait: number } | { giveUp: string };

export interface Patience {
  /** Instance types, the preferred one first. */
  types: readonly string[];
  /** HUNG_RUN or HUNG_PROVISIONING. */
  mostHung: number;
}

export function nextAttempt({ kind, detail }: StartFailure, history: StartHistory, { types, mostHung }: Patience): NextAttempt {
  switch (kind) {
    case "capacity": {
      const wait = PERSISTENT_TIMING.capacityRetries[history.capacity];
      if (wait !== undefined) return { history: { ...history, capacity: history.capacity + 1 }, wait };
      return nextType(detail, history, types);
    }
    case "type":
      return nextType(detail, history, types);
    case "fault":
      if (history.faults >= MOST_FAULTS) return { giveUp: `${detail}, at ${history.faults + 1} attempts` };
      return { history: { ...history, faults: history.faults + 1 }, wait: FAULT_WAIT };
    case "hung":
      if (history.hung >= mostHung) return { giveUp: history.hung === 0 ? detail : `${detail}, after another stop and start as well` };
      return { history: { ...history, hung: history.hung + 1 }, wait: 0 };
    case "final":
      return { giveUp: detail };
  }
}

function nextType(detail: string, history: StartHistory, types: readonly string[]): NextAttempt {
  const type = history.type + 1;
  if (type < types.length) return { history: { ...history, type, capacity: 0 }, wait: 0 };
  const remedy = types.length === 1 ? "; add fallbackInstanceTypes" : "";
  return { giveUp: `${detail} (tried ${types.join(", ")}${remedy})` };
}

/** @param text of the lease; absent or damaged: nothing has failed yet */
export function readHistory(text: string | undefined): StartHistory {
  try {
    const read = JSON.parse(text ?? "{}") as Partial<Record<keyof StartHistory, unknown>> | null;
    const count = (value: unknown) => (Number.isInteger(value) && (value as number) >= 0 ? (value as number) : 0);
    return { type: count(read?.type), capacity: count(read?.capacity), hung: count(read?.hung), faults: count(read?.faults) };
  } catch {
    return FRESH;
  }
}
