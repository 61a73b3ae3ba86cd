import { CONFIG } from "../../host-config/actions-runner-pool/fake-host";
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import { NOW } from "./model";
import type { Ask } from "./replay";

/** The heartbeats beside a renewal: none of the model takes as long as until its second, and no answer depends on them. */
const BETWEEN_BEATS = CONFIG.heartbeatInterval * 1000;

/** The agent's ports; each call is a query to the model. */
export function replayHost(ask: Ask): Host {
  const silent = () => undefined;
  const port =
    (name: string) =>
    (...args: unknown[]) =>
      ask(name, ...args);
  return {
    config: CONFIG,
    clock: { now: () => NOW, sleep: (ms) => (ms === BETWEEN_BEATS ? new Promise(() => undefined) : ask("sleep", ms)) },
    log: { info: silent, warn: silent, error: silent },
    imds: { instanceId: port("instanceId"), targetState: port("targetState") },
    unit: {
      state: port("unit state"),
      start: port("start"),
      stop: port("stop"),
      raiseFence: port("raise fence"),
      lowerFence: port("lower fence"),
      interrupt: port("interrupt"),
      killLeftovers: port("kill leftovers"),
    },
    signs: { read: port("read signs") },
    lifecycle: { lifecycleState: port("lifecycle state"), complete: port("complete"), heartbeat: port("heartbeat") },
    // In service, a tick only maintains scale-in protection, which no promise depends on: not modelled.
    protection: { set: async () => "done" },
    // A nearly full disk is not modelled: its pause is that of a standby, and its report completes no action.
    health: { markUnhealthy: async () => undefined },
    disk: { space: async () => [] },
    // Neither decides whether a job is lost: a start that the engine fails is repeated, and a delivery is bounded.
    engine: { settle: async () => undefined, reset: async () => undefined },
    hostLogs: { flush: async () => undefined, endReader: async () => undefined },
    jobMark: { set: () => undefined, get: () => undefined, clear: () => undefined },
    pause: { set: port("mark pause"), isSet: port("is paused"), clear: port("clear pause") },
    // The model begins in service and ends when the instance terminates or rests in the pool.
    service: { set: async () => undefined, isSet: port("has served"), clear: port("clear service") },
    returning: { set: port("mark return"), isSet: port("is returning"), clear: async () => undefined },
    renewal: {
      endProcesses: async () => undefined,
      disarm: async () => undefined,
      restore: async () => undefined,
      deleteWork: async () => undefined,
      check: async () => undefined,
    },
    secrets: { token: port("token"), delete: port("delete secret") },
    registrar: { registered: port("has served"), register: port("register") },
    helpers: { startCompletion: port("start completion"), startHeartbeat: port("start heartbeat") },
    forcedStop: {
      set: port("mark forced"),
      isSet: port("is forced"),
      clear: port("clear mark"),
      isUncounted: port("is uncounted"),
      setCounted: port("mark counted"),
    },
    departure: { set: port("mark departure"), isSet: port("is departing") },
    metrics: { count: async () => undefined },
    console: async () => undefined,
  };
}
