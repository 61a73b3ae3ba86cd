/** Auto Scaling, events, functions, and the passing of minutes. */
import { changed } from "./changed";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { wholeRun } from "./agent";
import { ended, INSTANCE, lifecycleState, runnerAtGitHub } from "./answers";
import { aged } from "./drain-process";
import type { Parts } from "./parts";
import type { Ask } from "./replay";
import { accepted, breakPromise, fenced, listenerHasJob, NOW } from "./model";
import type { ReplayedProcess, ModelState } from "./state";
import type { Transition } from "./transition";

const silent = () => undefined;
const OBSERVER = { log: { info: silent, warn: silent, error: silent }, count: silent } as never;
const NAMES = { group: "pool", stopDocument: "stop", terminateHook: "pool-terminate", secretPrefix: "ci-runners/pool/" };
const SETTINGS = { names: NAMES, spreadMs: 0 } as never;

/**
 * The action has been open for more than its heartbeat timeout without a heartbeat. For ten minutes, the shortest timeout
 * of our stacks: ten minutes, one more interval (at most a third) with its heartbeat, and another ten minutes.
 */
const LAPSE = 3;
/** In units of ten minutes: WORKERLESS_BOUND_MS is almost two, and it may begin between two units. */
const IDLE_BOUND = 3;

export function* cloudTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  const own = (label: string, to: ModelState): Transition => ({ label, to, kind: "own" });
  const some = (label: string, to: ModelState): Transition => ({ label, to, kind: "external" });
  if (w.hook === "none") yield* chosen(w);
  else yield* terminatingEvent(w, parts);
  if (w.hook === "continued") yield own(w.returns ? "the instance is powered off" : "the instance terminates", ended(w, "CONTINUE ends"));
  if (w.outage) yield some("Auto Scaling answers again", changed(w, { outage: false }));
  // The settings are corrected. Until then a retained instance is kept, which the sweep reports.
  if (!w.listed) yield some("GitHub lists the runner again", changed(w, { listed: true }));
  if (w.hook === "retained" && w.returns) {
    // Auto Scaling terminates no member of a warm pool by its id: the sweep reports it, and an operator ends it after its job.
    if (!accepted(w)) yield some("an operator ends the instance", changed(w, { gone: true }));
  } else if (w.hook === "retained") {
    yield* sweeps(w, parts);
    if (w.terminatedEvent) {
      const run = (_: unknown, ask: Ask) => parts.handleTerminated(INSTANCE, functionPorts(ask), SETTINGS, OBSERVER);
      yield* wholeRun(w, parts, "deregister (terminated)", run, (to) => changed(to, { terminatedEvent: false }));
    }
  }
}

function* chosen(w: ModelState): Generator<Transition> {
  const label = "AUTO SCALING SELECTS THE INSTANCE";
  yield { label, to: changed(w, { hook: "wait" }), kind: "external" };
  // Until it answers again; a single failing call is modelled where the call is made.
  if (w.faults > 0)
    yield {
      label: `${label}, FAULT: and answers no call`,
      to: changed(w, { hook: "wait", outage: true, outageSinceBeat: true, faults: w.faults - 1 }),
      kind: "fault",
    };
}

/** Events may be lost, late or repeated: this one may be handled at any time, any number of times, or never. */
function* terminatingEvent(w: ModelState, parts: Parts): Generator<Transition> {
  const event = { instanceId: INSTANCE, token: "token", origin: "AutoScalingGroup", destination: w.returns ? "WarmPool" : "EC2" } as const;
  const run = (_: unknown, ask: Ask) => parts.handleTerminating(event, functionPorts(ask), SETTINGS, OBSERVER);
  yield* wholeRun(changed(w, { faults: 0 }), parts, "deregister", run, (to) => changed(to, { faults: w.faults }), "", "chance");
}

function functionPorts(ask: Ask) {
  return {
    sendStop: () => ask("send stop"),
    lifecycleStates: async () => new Map<string, LifecycleState>(await ask("lifecycle states")),
    isOff: async () => false,
    continueAction: () =>
      ask("complete", NAMES.terminateHook, "CONTINUE").then((outcome) => (outcome === "done" ? ("continued" as const) : ("none" as const))),
    deleteSecret: async () => undefined,
    gitHub: () => ({
      fetchRemainingQuota: async () => 1,
      find: () => ask("find runner"),
      removeCustomLabels: () => ask("cordon"),
      setCustomLabels: () => ask("cordon"),
      get: () => ask("find runner"),
      remove: () => ask("remove runner"),
      remainingQuota: () => 1,
    }),
    hostLogs: undefined,
    // No timeout expires here: minutes pass only between transitions.
    clock: { now: () => NOW, after: () => ({ cancel: silent }) },
  };
}

/** The two parts of the sweep that could cost a job. */
function* sweeps(w: ModelState, parts: Parts): Generator<Transition> {
  const startedAt = new Date(NOW - (w.retainedFor >= 2 ? 20 : 1) * 60_000);
  const description = `Terminating EC2 instance: ${INSTANCE}`;
  const members = [{ instanceId: INSTANCE, lifecycleState: lifecycleState(w) }];
  const runner = w.registered && w.listed ? [runnerAtGitHub(w)] : [];
  const run = async (_: unknown, ask: Ask) => {
    const ports = {
      ...functionPorts(ask),
      async *activities() {
        yield [{ description, startedAt, endedAt: startedAt, status: "Successful" }];
      },
      terminate: () => ask("terminate"),
      // As if every earlier sweep had found the runner silent: sweeps are minutes apart and do not see what was between.
      silences: { continued: () => NOW - startedAt.getTime(), broken: silent, keepOnly: silent },
    } as never;
    const history = new parts.GroupHistory(ports, NAMES.group);
    const { signal } = new AbortController();
    await parts.sweepRetained(members, runner, ports, history, OBSERVER, signal);
    await parts.sweepOrphanRunners(runner, [], ports, NAMES.group, history, OBSERVER, signal);
  };
  yield* wholeRun(w, parts, "sweep", run, (to) => to, JSON.stringify([startedAt, members, runner]), "external");
}

/** Phases of the runner that end within seconds, or within ACQUIRE_BOUND_MS. */
const BRIEF = ["read", "acquiring", "unanswered", "acquired", "ended", "closing"];

/**
 * Only when nothing is left that would happen at once: steps of milliseconds or seconds come before steps of minutes.
 */
export function* slowTransitions(w: ModelState): Generator<Transition> {
  const cut = fenced(w) && accepted(w);
  if (!cut && w.listener && BRIEF.includes(w.listener.phase)) return;
  if (w.hook === "wait" && w.silent === 1) {
    yield { label: "A HEARTBEAT INTERVAL PASSES", to: changed(w, { silent: 2, heartbeatDue: true }), kind: "slow" };
    return;
  }
  // The first renewal of a job's lock ends within WORKERLESS_BOUND_MS.
  if (!cut && w.listener?.phase === "announced" && w.announcementAge > 0) return;
  yield { label: "TEN MINUTES PASS", to: behindFence(tenMinutes(w)), kind: "slow" };
}

/** Nothing is about to lower the fence, and the listener's own retries (about 45 s) are over. */
function behindFence(w: ModelState): ModelState {
  return fenced(w) && accepted(w) ? breakPromise(w, "fenced for good: an accepted job is left behind the fence") : w;
}

function drainOf(process: ModelState["completion"]): ModelState["drain"] {
  return process === null || process === "again" ? null : process.drain;
}

function tenMinutes(w: ModelState): ModelState {
  const later = (process: ReplayedProcess | null) => process && { ...process, drain: aged(process.drain) };
  const open = w.hook === "wait";
  const waits = accepted(w) || w.ghosts > 0 || w.outage || listenerHasJob(w);
  const to: ModelState = changed(w, {
    announcementAge: Math.min(2, w.announcementAge + 1),
    message: w.message && "old",
    // GitHub gives up a job whose lock is not renewed.
    orphans: 0,
    ghosts: w.ghosts + w.orphans,
    drain: aged(w.drain),
    reap: later(w.reap),
    completion: w.completion === "again" ? w.completion : later(w.completion),
    heartbeatDue: true,
    shown: w.hook !== "none",
    silent: open ? w.silent + 1 : 0,
    retainedFor: w.hook === "retained" ? Math.min(2, w.retainedFor + 1) : 0,
    idleFor: open && !waits ? w.idleFor + 1 : 0,
  });
  if (to.idleFor > IDLE_BOUND) return breakPromise(to, "stuck: the instance waits although there is nothing to wait for");
  // With neither a message nor an announcement nor a worker left to wait for, the instance must terminate within seconds.
  const mayWait =
    w.announcement === "busy" ||
    (w.message !== null && w.message !== "old") ||
    [w.drain, w.reap?.drain, drainOf(w.completion)].some((drain) => drain?.state.workerAt !== undefined);
  if (to.idleFor > 0 && !mayWait) return breakPromise(to, "stuck: the instance waits for minutes although there is no job");
  if (to.silent >= LAPSE && !w.outageSinceBeat) return breakPromise(to, "lapsed: nothing sent heartbeats for the lifecycle action");
  return to.silent < LAPSE ? to : changed(to, { hook: "retained", silent: 0, idleFor: 0, terminatedEvent: true });
}
