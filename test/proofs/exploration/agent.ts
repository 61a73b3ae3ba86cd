/**
 * The rest of the agent. The completion and the reaping before a start run call by call, because each decision depends on
 * what they read before. A tick of the daemon or the heartbeat is one transition: it only requests something from
 * systemd, which decides for itself, or sends a heartbeat.
 */
import { changed } from "./changed";
import { atOnce, type Failing } from "./at-once";
import { answer, canFail } from "./answers";
import { beginDrainProcess } from "./drain-process";
import { drainTransitions } from "./drains";
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { Parts } from "./parts";
import type { Answer, Outcome } from "./replay";
import { replayHost } from "./replay-host";
import { execStopOver, mainExited, startPreOver } from "./systemd";
import { activeState, NOW, paused, terminating } from "./model";
import type { DaemonMemory, ReplayedProcess, ModelState } from "./state";
import type { Transition } from "./transition";

export const FRESH_DAEMON: DaemonMemory = {};

export function* agentTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  if (w.drain) {
    const put = (to: ModelState, drain: ModelState["drain"]) => (drain ? changed(to, { drain }) : execStopOver(to, parts, false));
    yield* drainTransitions(w, { name: "drain", drain: w.drain, put }, parts);
  }
  if (w.reap) yield* reapTransitions(w, w.reap, parts);
  for (const seen of views(w)) yield* readers(seen, parts);
}

/**
 * IMDS shows the target state some time after Auto Scaling has selected the instance. The moment matters only when
 * something reads it.
 */
function views(w: ModelState): ModelState[] {
  return terminating(w) && !w.shown ? [w, changed(w, { shown: true })] : [w];
}

function* readers(w: ModelState, parts: Parts): Generator<Transition> {
  // Retried without end, so minutes may pass while it cannot succeed yet.
  const cannotSucceed = w.outage || activeState(w) !== "inactive";
  if (w.completion === "again")
    yield {
      label: "completion is retried after 10 s",
      to: changed(w, { completion: { answers: 0, kills: false, drain: null } }),
      kind: cannotSucceed ? "external" : "own",
    };
  else if (w.completion) yield* completionTransitions(w, w.completion, parts);
  if (w.daemon) yield* daemonTransitions(w, w.daemon, parts);
}

export function* promptTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  if (w.main === "ending") yield { label: "runsvc.sh exits", to: mainExited(w, true, parts), kind: "own" };
  if (!w.heartbeatDue) return;
  for (const seen of views(w)) {
    // A failed heartbeat is retried after 10 s, so it stays due.
    yield* wholeRun(
      seen,
      parts,
      "heartbeat",
      (host) => parts.heartbeat(host),
      (to, outcome) => ("error" in outcome ? to : changed(to, { heartbeatDue: false })),
    );
  }
}

function* completionTransitions(w: ModelState, process: ReplayedProcess, parts: Parts): Generator<Transition> {
  const put = (to: ModelState, completion: ModelState["completion"]): ModelState => changed(to, { completion });
  const run = (ask: (port: string) => Promise<never>) => parts.complete(replayHost(ask), () => ask("drain"));
  yield* callByCall(w, "completion", process, parts, run, put, (to, outcome) => {
    const good = "value" in outcome && outcome.value !== "still-running";
    return put(to, good ? null : "again");
  });
}

function* reapTransitions(w: ModelState, process: ReplayedProcess, parts: Parts): Generator<Transition> {
  const run = (ask: (port: string) => Promise<never>) => parts.reap(replayHost(ask), () => ask("drain"));
  const put = (to: ModelState, reap: ReplayedProcess): ModelState => changed(to, { reap });
  yield* callByCall(w, "start", process, parts, run, put, (to, outcome) => startPreOver(to, "value" in outcome, parts));
}

/** Calls on marks in /run that no other process changes meanwhile. */
const PRIVATE = ["is forced", "is uncounted", "mark counted", "clear mark", "has served", "clear pause"];
/** The same, unless the instance is to return to the warm pool. */
const PRIVATE_OUT_OF_POOL = ["is returning"];

function* callByCall(
  w: ModelState,
  name: string,
  process: ReplayedProcess,
  parts: Parts,
  run: (ask: (port: string) => Promise<never>) => Promise<unknown>,
  put: (w: ModelState, process: ReplayedProcess) => ModelState,
  end: (w: ModelState, outcome: Outcome) => ModelState,
): Generator<Transition> {
  const { replay } = parts;
  const { answers } = process;
  /** Adds one answer, then continues through all private calls. */
  const proceed = (to: ModelState, more: Answer): ModelState => {
    let list = replay.answers.with(answers, more);
    for (;;) {
      const next = replay.outcome(name, list, run as never);
      const mine = (call: string) => PRIVATE.includes(call) || (!to.returns && PRIVATE_OUT_OF_POOL.includes(call));
      if (!("call" in next) || !mine(next.call.port)) {
        return put(to, { answers: list, kills: "call" in next && next.call.port === "kill leftovers", drain: null });
      }
      const [after, answered] = answer(to, next.call, parts);
      to = after;
      list = replay.answers.with(list, answered);
    }
  };
  if (process.drain) {
    const drained = (to: ModelState, drain: ReplayedProcess["drain"], result?: string) =>
      drain ? put(to, { ...process, drain }) : proceed(to, { value: result });
    yield* drainTransitions(w, { name: `${name}'s drain`, drain: process.drain, put: drained }, parts);
    return;
  }
  const outcome = replay.outcome(name, answers, run as never);
  if (!("call" in outcome)) {
    yield {
      label: `${name}: ends, ${"error" in outcome ? outcome.error : String(outcome.value ?? "good")}`,
      to: end(w, outcome),
      kind: "own",
    };
    return;
  }
  const { call } = outcome;
  if (call.port === "drain") {
    const drain = beginDrainProcess(w, parts);
    const to = drain ? put(w, { ...process, drain }) : proceed(w, { value: "forced" });
    yield { label: `${name}: drains leftovers`, to, kind: "own" };
    return;
  }
  if (call.port === "sleep") {
    // It waits for the unit to stop and remembers only when it started: return to the state before that read.
    const before = replay.answers.shorter[answers]!;
    const [, state] = answer(w, { port: "unit state", args: [] }, parts);
    const to = put(w, { ...process, answers: replay.answers.with(before, state) });
    yield { label: `${name}: reads the unit again`, to, kind: "own" };
    yield { label: `${name}: gives up after a minute`, to: end(w, { value: "still-running" }), kind: "external" };
    return;
  }
  const [after, answered] = answer(w, call, parts);
  yield { label: `${name}: ${call.port} ${call.args.join(" ")}`, to: proceed(after, answered), kind: "own" };
  if (w.faults === 0) return;
  for (const { words, applied } of canFail(call)) {
    const failed = proceed(applied ? after : w, { error: words });
    yield { label: `${name}: FAULT: ${words}`, to: changed(failed, { faults: w.faults - 1 }), kind: "fault" };
  }
}

function* daemonTransitions(w: ModelState, memory: DaemonMemory, parts: Parts): Generator<Transition> {
  const end = (to: ModelState, outcome: Outcome): ModelState => {
    if ("value" in outcome) {
      const { pausing, ...daemon } = outcome.value as TickResult;
      return pausing && to.pause?.work === null ? paused(changed(to, { daemon }), { work: 0 }) : changed(to, { daemon });
    }
    throw new Error(`the daemon's tick threw: ${JSON.stringify(outcome)}`);
  };
  const before: TickResult = { ...memory, pausing: typeof w.pause?.work === "number" };
  const name = JSON.stringify(before);
  yield* wholeRun(w, parts, "daemon", (host) => tick(host, before, false, parts), end, name);
  // Half a minute after it last requested a completion.
  if (activeState(w) === "inactive")
    yield* wholeRun(
      w,
      parts,
      "daemon, later",
      (host) => tick(host, before, true, parts),
      end,
      name,
      w.outage || w.hook !== "wait" ? "external" : "own",
    );
}

/** What a tick leaves. `pausing`: the background work of a pause has begun and not ended. */
type TickResult = DaemonMemory & { pausing: boolean };

/**
 * One tick of the real daemon with its memory, and its background work except that of a pause, which goes on beside further
 * ticks (pause.ts). `due`: it has requested no completion in the last seconds.
 */
async function tick(host: Host, { pausing, paused, ...memory }: TickResult, due: boolean, parts: Parts): Promise<TickResult> {
  const beside = new Promise<void>(() => undefined);
  const daemon = new parts.Daemon({ ...host, pause: { ...host.pause, set: () => beside } });
  const background = daemon["background"];
  daemon.state = { ...daemon.state, ...memory, paused: paused === true, completeNotBefore: due ? 0 : NOW + 1 };
  if (pausing) background.set("pause-runner", beside);
  await daemon.tick();
  await Promise.all([...background].filter(([kind]) => kind !== "pause-runner").map(([, work]) => work));
  const { target, started, lifecycle } = daemon.state;
  return {
    target,
    started: started ? true : undefined,
    lifecycle,
    ...(daemon.state.paused ? { paused: true } : {}),
    pausing: background.has("pause-runner"),
  };
}

/** Runs a real function in one transition, and again for each way in which one of its calls may fail. */
export function* wholeRun(
  w: ModelState,
  parts: Parts,
  name: string,
  run: Parameters<typeof atOnce>[3],
  end: (w: ModelState, outcome: Outcome) => ModelState,
  inputs = "",
  kind: Transition["kind"] = "own",
): Generator<Transition> {
  const attempts: Failing[] = [undefined];
  for (let n = 0; n < attempts.length; n++) {
    const failing = attempts[n];
    const ran = atOnce(w, parts, `${name} ${inputs}`, run, failing);
    if (n === 0 && w.faults > 0) attempts.push(...ran.failures);
    const to = end(ran.w, ran.outcome);
    yield failing
      ? { label: `${name}: FAULT: ${failing.words}`, to: changed(to, { faults: to.faults - 1 }), kind: "fault" }
      : { label: `${name}: one tick`, to, kind };
  }
}
