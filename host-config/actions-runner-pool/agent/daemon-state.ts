/**
 * All that the daemon remembers between two ticks, as plain data: copying it copies the daemon, but for its work in the
 * background. Pure: what it learns and does makes a new state. A restarted daemon begins with `initialState` and loses nothing.
 */
import type { LifecycleState, TargetState } from "../../../contract/aws/lifecycle";
import type { UnitState } from "../../shared/unit-state";
import { decide, type Action, type Observation } from "./decide";
import { inFlight, type InFlight } from "./in-flight";
import type { Signs } from "./ports/job-signs";
import { initialProtection, observeJob, quietUntil, type ProtectionState } from "./protection";
import { isTerminating } from "./target-state";

/** ExecStopPost of a stopping unit asks for the completion itself; only if it could not, the daemon does. */
const AFTER_DRAIN_MS = 10_000;
/** Retry interval for a completion request that had no effect. */
const COMPLETE_RETRY_MS = 30_000;
const REGISTER_RETRY_MS = 60_000;
/** DescribeAutoScalingInstances while launching: a few calls an instance, also when hundreds start at once. */
const LOOK_UP_FIRST_MS = 2_000;
const LOOK_UP_LONGEST_MS = 15_000;

/** Times are ms since the epoch. */
export interface DaemonState {
  /** The last answer of the instance metadata. */
  target?: TargetState;
  /** The metadata did not answer when last asked. */
  metadataSilent: boolean;
  /** What DescribeAutoScalingInstances said since the target last changed. */
  lifecycle?: LifecycleState;
  lookUpPause: number;
  lookUpNotBefore: number;
  registerNotBefore: number;
  completeNotBefore: number;
  /** The runner's unit was started since boot; undefined: its state was not read yet. */
  started?: boolean;
  hintedAt?: number;
  /** The listener's last announcement, to log each once. */
  announcement?: string;
  /** When a worker was last seen. */
  workerAt?: number;
  /** What the last reading of the job signs showed. */
  inFlight: InFlight | "not read yet";
  protection: ProtectionState;
}

/** Every field is there from the beginning, so that all states are of one shape: a tick copies a state several times. */
export function initialState(): DaemonState {
  return {
    target: undefined,
    metadataSilent: false,
    lifecycle: undefined,
    lookUpPause: LOOK_UP_FIRST_MS,
    lookUpNotBefore: 0,
    registerNotBefore: 0,
    completeNotBefore: 0,
    started: undefined,
    hintedAt: undefined,
    announcement: undefined,
    workerAt: undefined,
    inFlight: "not read yet",
    protection: initialProtection(),
  };
}

export function targetObserved(state: DaemonState, target: TargetState | undefined): DaemonState {
  const answered = state.metadataSilent ? { ...state, metadataSilent: false } : state;
  return target === state.target ? answered : lifecycleForgotten({ ...answered, target });
}

/** An agent that finds a unit which was started before it cannot know what Auto Scaling has of its protection. */
export function unitObserved(state: DaemonState, unit: UnitState): DaemonState {
  const fresh = state.started === undefined && !unit.everStarted;
  const protection = fresh ? { ...state.protection, known: false } : state.protection;
  if (state.started === unit.everStarted && protection === state.protection) return state;
  return { ...state, started: unit.everStarted, protection };
}

export function signsObserved(state: DaemonState, signs: Signs, now: number): DaemonState {
  const workerAt = signs.workers > 0 ? now : state.workerAt;
  const found = inFlight(signs, now, workerAt);
  const protection = keepsProtection(state) ? observeJob(state.protection, found !== undefined, now) : state.protection;
  const announcement = signs.line ?? state.announcement;
  const same =
    workerAt === state.workerAt && found === state.inFlight && announcement === state.announcement && protection === state.protection;
  return same ? state : { ...state, workerAt, inFlight: found, announcement, protection };
}

/** The unit is asked only when its state matters: in service, once started, systemd looks after it. */
export function watchesJobs(state: DaemonState): boolean {
  return state.started === true && !isTerminating(state.target);
}

/** Protection is for instances in service; Auto Scaling refuses it in any other state. */
export function keepsProtection({ target }: DaemonState): boolean {
  return target === "InService" || target === undefined;
}

export function observe(state: DaemonState, unit: UnitState, registered: boolean, now: number): Observation {
  return {
    target: state.target,
    unit,
    registered,
    lifecycle: state.lifecycle,
    completionDue: now >= state.completeNotBefore,
    registrationPaused: now < state.registerNotBefore,
  };
}

/** The pauses that follow an action. */
export function actionTaken(state: DaemonState, action: Action, now: number): DaemonState {
  switch (action) {
    case "await-drain":
      return { ...state, completeNotBefore: now + AFTER_DRAIN_MS };
    case "complete":
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

/** The state follows a moment later; reading it at once would find the old one and continue a second time. */
export function launchContinued(state: DaemonState, now: number): DaemonState {
  return { ...lifecycleForgotten(state), lookUpNotBefore: now + LOOK_UP_FIRST_MS };
}

export function registrationEnded(state: DaemonState, registered: boolean, now: number): DaemonState {
  return lifecycleForgotten(registered ? state : { ...state, registerNotBefore: now + REGISTER_RETRY_MS });
}

/**
 * Until when a daemon in this state does nothing at its ticks, for as long as all that it observes stays as it was at the
 * last one: ms since the epoch, Infinity where time changes nothing, undefined where it may act at the next tick. For
 * simulations, which skip ticks that only repeat the last one.
 */
export function repeatsUntil(state: DaemonState, unit: UnitState, registered: boolean): number | undefined {
  if (state.metadataSilent) return undefined;
  if (watchesJobs(state)) {
    // An announcement or a message is a sign for some time only.
    const lasting = state.inFlight === "worker" || state.inFlight === undefined;
    if (!lasting) return undefined;
    return keepsProtection(state) ? quietUntil(state.protection, state.inFlight !== undefined) : Number.POSITIVE_INFINITY;
  }
  // At the end of time each pause is over.
  const action = decide(observe(state, unit, registered, Number.POSITIVE_INFINITY));
  return action === "nothing" || action === "await-drain" ? Number.POSITIVE_INFINITY : undefined;
}
