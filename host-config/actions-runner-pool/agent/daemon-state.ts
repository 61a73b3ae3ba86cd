/**
 * Everything the daemon remembers between two ticks, as plain data: a copy of it is a copy of the daemon, except for
 * background work. Pure: each observation and action returns a new state. A restarted daemon starts with `initialState`
 * and loses nothing.
 */
import type { LifecycleState, TargetState } from "../../../contract/aws/lifecycle";
import type { UnitState } from "../../shared/unit-state";
import { decide, sinceRenewal, type Action, type Observation } from "./decide";
import { inFlight, type InFlight } from "./in-flight";
import type { Signs } from "./ports/job-signs";
import { initialProtection, observeJob, quietUntil, type ProtectionState } from "./protection";
import { entersPool, isTerminating, leavesService } from "./target-state";

/** ExecStopPost= of a stopping unit starts the completion; the daemon waits this long before it does so itself. */
const AFTER_DRAIN_MS = 10_000;
/** Retry interval for a completion request that had no effect. */
const COMPLETE_RETRY_MS = 30_000;
const REGISTER_RETRY_MS = 60_000;
/** A start that waits for a volume or for the engine leaves the unit stopped meanwhile, as does one that they fail. */
const START_RETRY_MS = 10_000;
/** DescribeAutoScalingInstances while launching: a few calls per instance, even when hundreds launch at once. */
const LOOK_UP_FIRST_MS = 2_000;
const LOOK_UP_LONGEST_MS = 15_000;
/** Between two reports of a full disk: one per period of its alarm, as long as the instance is not replaced. */
const REPORT_AGAIN_MS = 300_000;
const REPORT_RETRY_MS = 30_000;

/** Times are ms since the epoch. */
export interface DaemonState {
  /** The last target lifecycle state that the metadata returned. */
  target?: TargetState;
  /** The last request to the metadata failed. */
  metadataFailed: boolean;
  /** The state from DescribeAutoScalingInstances, reset when the target changes. */
  lifecycle?: LifecycleState;
  lookUpPause: number;
  lookUpNotBefore: number;
  registerNotBefore: number;
  completeNotBefore: number;
  startNotBefore: number;
  /** Whether the runner's unit was started since boot and since the machine was last renewed; undefined until its state has been read. */
  started?: boolean;
  /** The pause mark, as last read or about to be set. Read at each tick that does not only watch a running runner. */
  paused: boolean;
  /** What the disk lacks, in words; undefined if nothing. */
  shortage?: string;
  /** When a full disk is reported next. */
  reportNotBefore: number;
  hintedAt?: number;
  /** The listener's last announcement, to log each once. */
  announcement?: string;
  /** When a worker was last seen. */
  workerAt?: number;
  /** When GitHub last refused a job that the runner had acknowledged, by the runner's timestamp, to count each once. */
  skippedAt?: number;
  /** Result of the last reading of the job signs. */
  inFlight: InFlight | "not read yet";
  protection: ProtectionState;
}

/** Every field is present from the start, so that all states have one shape: a tick copies a state several times. */
export function initialState(): DaemonState {
  return {
    target: undefined,
    metadataFailed: false,
    lifecycle: undefined,
    lookUpPause: LOOK_UP_FIRST_MS,
    lookUpNotBefore: 0,
    registerNotBefore: 0,
    completeNotBefore: 0,
    startNotBefore: 0,
    started: undefined,
    paused: false,
    shortage: undefined,
    reportNotBefore: 0,
    hintedAt: undefined,
    announcement: undefined,
    workerAt: undefined,
    skippedAt: undefined,
    inFlight: "not read yet",
    protection: initialProtection(),
  };
}

export function targetObserved(state: DaemonState, target: TargetState | undefined): DaemonState {
  const answered = state.metadataFailed ? { ...state, metadataFailed: false } : state;
  return target === state.target ? answered : lifecycleForgotten({ ...answered, target });
}

/**
 * If the unit was started before this agent, the protection that Auto Scaling has set is unknown. A return to the warm pool
 * clears it.
 *
 * @param unit as sinceRenewal returns it
 */
export function unitObserved(state: DaemonState, unit: UnitState): DaemonState {
  const fresh = state.started !== false && !unit.everStarted;
  const protection = fresh ? { ...initialProtection(), known: false, calling: state.protection.calling } : state.protection;
  if (state.started === unit.everStarted && protection === state.protection) return state;
  return { ...state, started: unit.everStarted, protection };
}

export function pauseObserved(state: DaemonState, paused: boolean): DaemonState {
  return paused === state.paused ? state : { ...state, paused };
}

export function diskObserved(state: DaemonState, shortage: string | undefined): DaemonState {
  return shortage === state.shortage ? state : { ...state, shortage };
}

export function diskReported(state: DaemonState, now: number): DaemonState {
  return { ...state, reportNotBefore: now + REPORT_AGAIN_MS };
}

export function diskReportFailed(state: DaemonState, now: number): DaemonState {
  return { ...state, reportNotBefore: now + REPORT_RETRY_MS };
}

/** A full disk concerns an instance in service. A launch has its own check, and a termination needs no disk. */
export function isFull(state: DaemonState): boolean {
  const inService = keepsProtection(state) && (state.started === true || state.lifecycle === "InService");
  return inService && state.shortage !== undefined;
}

/** Whether the runner must take no job for now. It may finish the one that it has, within maxDrain. */
function mustPause(state: DaemonState): boolean {
  return leavesService(state.target) || isFull(state);
}

export function signsObserved(state: DaemonState, signs: Signs, now: number): DaemonState {
  const workerAt = signs.workers > 0 ? now : state.workerAt;
  const found = inFlight(signs, now, workerAt);
  const protection = keepsProtection(state) ? observeJob(state.protection, found !== undefined, now) : state.protection;
  const announcement = signs.line ?? state.announcement;
  const skippedAt = signs.skippedAt ?? state.skippedAt;
  const same =
    workerAt === state.workerAt &&
    found === state.inFlight &&
    announcement === state.announcement &&
    skippedAt === state.skippedAt &&
    protection === state.protection;
  return same ? state : { ...state, workerAt, inFlight: found, announcement, skippedAt, protection };
}

/** Whether the signs show a refusal that this agent has not seen yet. One from before its start was its predecessor's to count. */
export function jobRefused(state: DaemonState, { skippedAt }: Signs): boolean {
  return skippedAt !== undefined && skippedAt !== state.skippedAt && state.inFlight !== "not read yet";
}

/** From the first start on, the job signs are read at every tick, also while the runner is paused and a job still runs. */
export function watchesJobs(state: DaemonState): boolean {
  return state.started === true && !isTerminating(state.target);
}

/** A started unit is supervised by systemd, so its state matters only while the runner is paused, or is about to be. */
export function onlyWatchesJobs(state: DaemonState, { served, returning }: ServiceMarks): boolean {
  return watchesJobs(state) && !state.paused && !mustPause(state) && !entersPool(state.target) && served && !returning;
}

/** Auto Scaling protects only instances in service and refuses the call in most other states. */
export function keepsProtection({ target }: DaemonState): boolean {
  return target === "InService" || target === undefined;
}

/** What the disk records of the runner's past. */
export type ServiceMarks = Pick<Observation, "served" | "returning">;
export type RunnerRecord = ServiceMarks & Pick<Observation, "registered" | "reuse">;

export function observe(state: DaemonState, unit: UnitState, runner: RunnerRecord, now: number): Observation {
  return {
    target: state.target,
    unit,
    ...runner,
    lifecycle: state.lifecycle,
    completionDue: now >= state.completeNotBefore,
    registrationPaused: now < state.registerNotBefore,
    mustPause: mustPause(state),
    paused: state.paused,
  };
}

/** What follows from an action: the shortest time until the next of its kind, or that the runner is paused. */
export function actionTaken(state: DaemonState, action: Action, now: number): DaemonState {
  switch (action) {
    // Its reason may be gone at the next tick, which must still find the pause.
    case "pause-runner":
      return pauseObserved(state, true);
    case "await-drain":
      return { ...state, completeNotBefore: now + AFTER_DRAIN_MS };
    case "complete":
    case "renew":
      return { ...state, completeNotBefore: now + COMPLETE_RETRY_MS };
    case "look-up-state": {
      const lookUpPause = Math.min(state.lookUpPause * 1.5, LOOK_UP_LONGEST_MS);
      return { ...state, lookUpNotBefore: now + state.lookUpPause, lookUpPause };
    }
    default:
      return state;
  }
}

function lifecycleForgotten(state: DaemonState): DaemonState {
  return { ...state, lifecycle: undefined, lookUpPause: LOOK_UP_FIRST_MS, lookUpNotBefore: 0 };
}

export function startRequested(state: DaemonState, now: number): DaemonState {
  return { ...state, startNotBefore: now + START_RETRY_MS };
}

/** Auto Scaling changes the state a moment later; an immediate read would return the old one and continue a second time. */
export function launchContinued(state: DaemonState, now: number): DaemonState {
  return { ...lifecycleForgotten(state), lookUpNotBefore: now + LOOK_UP_FIRST_MS };
}

export function registrationEnded(state: DaemonState, registered: boolean, now: number): DaemonState {
  return lifecycleForgotten(registered ? state : { ...state, registerNotBefore: now + REGISTER_RETRY_MS });
}

/**
 * Until when the ticks of a daemon in this state do nothing, provided that all it observes stays the same: in ms since
 * the epoch, Infinity if time changes nothing, undefined if it may act at the next tick. For simulations, which skip ticks
 * that only repeat the last one.
 */
export function repeatsUntil(state: DaemonState, unit: UnitState, runner: RunnerRecord): number | undefined {
  if (state.metadataFailed || state.shortage !== undefined) return undefined;
  // A pause that is over: the protection is kept again, and its rules depend on time.
  if (state.paused && !mustPause(state)) return undefined;
  if (onlyWatchesJobs(state, runner)) {
    // An announcement or a message counts for a limited time only.
    const lasting = state.inFlight === "worker" || state.inFlight === undefined;
    if (!lasting) return undefined;
    return keepsProtection(state) ? quietUntil(state.protection, state.inFlight !== undefined) : Number.POSITIVE_INFINITY;
  }
  // At Infinity every pause is over.
  const action = decide(observe(state, sinceRenewal(unit, runner), runner, Number.POSITIVE_INFINITY));
  return action === "nothing" || action === "await-drain" ? Number.POSITIVE_INFINITY : undefined;
}
