/** The model's answers to a call of our code, and the call's effect. The first is the usual one, all others are faults. */
import type { RunnerState } from "../../../../functions/persistent-runner/shared/ports";
import type { Item } from "../../../../functions/shared/ledger/attributes";
import type { ItemWrite } from "../../../../functions/shared/ledger/single-item";
import { written } from "../../../functions/persistent-runner/support/memory-item";
import type { Answer, PortCall } from "../replay";
import { hasGoneBack } from "./advance";
import { broken, changed } from "./changed";
import { NO_ANSWER, type Parts, RUNS, TYPE } from "./parts";
import { type ModelState, NO_CAPACITY, type Process, type Transition, WANTED } from "./state";
import { isOld, launchTime, NOW, OLD } from "./time";

export interface Answered {
  to: ModelState;
  answer: Answer;
  process: Process;
  /** Absent: nothing unusual. */
  fault?: string;
}

export function answersTo(w: ModelState, process: Process, { port, args }: PortCall, parts: Parts): Answered[] {
  const is = (value: unknown, to = w, after = process): Answered => ({ to, answer: { value }, process: after });
  const failed = (fault: string, error: string, to = w): Answered => ({ to, answer: { error }, process, fault });
  switch (port) {
    case "read":
      return [is(parts.readLease(w.item ?? undefined))];
    case "power":
      return [is(powerOf(w))];
    case "write":
      return answersToWrite(w, process, args[0] as ItemWrite);
    case "create":
      return [
        is({ runnerId: process.generation, configuration: "" }, changed(w, { runner: process.generation })),
        failed("GitHub is down", "GitHub is down"),
      ];
    case "order":
      return [is("created", changed(w, { order: args[0] as number })), failed("the order is not stored", "no answer")];
    case "runner":
      return [is(runnerState(w, args[0] as number | null))];
    case "remove":
      return [is(isBusy(w, args[0]) ? "busy" : "deleted", removed(w, args[0]))];
    case "retire":
      return [is(isBusy(w, args[0]) ? "busy" : "retired", removed(w, args[0])), failed("GitHub is down", "GitHub is down")];
    case "start":
      return answersToStart(w, process);
    case "stop":
      return answersToStop(w, process, args[0] as boolean);
    default:
      throw new Error(`the model has no port "${port}"`);
  }
}

function answersToWrite(w: ModelState, process: Process, write: ItemWrite): Answered[] {
  const item = written(w.item ?? undefined, write);
  const lost: Answered = { to: w, answer: { error: "no answer" }, process, fault: "a write does not reach the lease" };
  if (item === undefined) return [{ to: w, answer: { value: false }, process }, lost];
  const isAttempt = write.set?.["startedAt"] !== undefined;
  const generation = isAttempt ? (item["generation"] as number) : process.generation;
  // The first write begins the attempt, the second one confirms it.
  const confirmed = isAttempt && process.generation !== null;
  const to = kept(changed(w, { item }), w.item, process, write);
  const after = { ...process, generation, confirmed };
  // The SDK repeats a call whose answer was lost, and the repetition finds that its condition no longer holds.
  return [
    { to, answer: { value: true }, process: after },
    { to, answer: { value: false }, process: after, fault: "a write's answer is lost" },
    lost,
  ];
}

/** Whether a write keeps what the lease promises to its holder. */
function kept(to: ModelState, before: Item | null, { run }: Process, { set = {} }: ItemWrite): ModelState {
  const item = to.item!;
  if (hasGoneBack(before, item)) return broken(to, "the lease goes back within a generation");
  if (set["connectedAt"] !== undefined && to.host?.phase === "connecting") return broken(to, "a runner counts as connected that never was");
  const own = run === null ? undefined : RUNS[run];
  if ((set["startedAt"] ?? set["runnerId"]) !== undefined && (item["phase"] !== "starting" || item["holder"] !== own))
    return broken(to, "an attempt is made for a run that does not hold the machine");
  const holder = before?.["holder"];
  if (holder === undefined || holder === own) return to;
  const isOver = Number(before!["expires"]) * 1000 <= NOW || (before!["phase"] === "stopped" && isOld(before!["changedAt"]));
  if (isOver) return to;
  if (item["holder"] !== holder) return broken(to, "a run loses the machine before its time is over");
  return set["phase"] === "stopped" ? to : broken(to, "another changes the lease of a run");
}

/** A canonical state (canonical.ts) has no other. */
function powerOf({ ec2, launchedAt, reason }: Pick<ModelState, "ec2" | "launchedAt" | "reason">) {
  return { state: ec2, launchedAt, instanceType: TYPE, ...(reason !== null && { reason: { code: reason, message: reason } }) };
}

/** All that it may be. */
export function powerAnswers() {
  const states: Pick<ModelState, "ec2" | "reason">[] = [
    { ec2: "pending", reason: null },
    { ec2: "running", reason: null },
    { ec2: "stopping", reason: WANTED },
    { ec2: "stopped", reason: WANTED },
    { ec2: "stopped", reason: NO_CAPACITY },
  ];
  return states.flatMap((state) => [NOW, OLD].map((launchedAt) => powerOf({ ...state, launchedAt })));
}

function runnerState(w: ModelState, asked: number | null): RunnerState {
  if (w.runner === null || w.runner !== asked) return "absent";
  if (isBusy(w, asked)) return "busy";
  return w.ec2 === "running" && w.host?.phase === "serving" && w.host.generation === asked ? "idle" : "offline";
}

/** Also for a while after its machine has gone off under a job: GitHub finds that out by itself, as the job ends. */
function isBusy({ runner, host, runs }: ModelState, asked: unknown): boolean {
  if (runner === null || runner !== asked) return false;
  return (
    (host?.phase === "working" && host.generation === runner) || runs.some(({ phase, label }) => phase === "working" && label === runner)
  );
}

/** GitHub refuses to remove a runner with a job. */
function removed(w: ModelState, asked: unknown): ModelState {
  return w.runner === asked && !isBusy(w, asked) ? changed(w, { runner: null }) : w;
}

function answersToStart(w: ModelState, process: Process): Answered[] {
  const { generation, confirmed } = process;
  if (w.ec2 === "stopping") return [{ to: w, answer: { error: "IncorrectInstanceState" }, process }];
  const allowed = confirmed ? w : broken(w, "a start on what the lease said before the order was written");
  const to = started(allowed, generation);
  const late = { call: "start", generation: generation! } as const;
  const fails = (fault: string, after: ModelState): Answered => ({ to: after, answer: { error: NO_ANSWER }, process, fault });
  return [
    { to, answer: { value: undefined }, process },
    { to: w, answer: { error: "InsufficientInstanceCapacity" }, process, fault: "EC2 has no capacity" },
    fails("a start works, but its answer is lost", to),
    fails("a start comes late", changed(w, { late })),
    fails("a start works, and its repetition comes late", changed(to, { late })),
    fails("a start is lost", w),
  ];
}

/** If it is off; otherwise the call has no effect. A late repetition may start again what EC2 has stopped: it cannot be called back. */
function started(w: ModelState, generation: number | null, isLate = false): ModelState {
  if (w.ec2 !== "stopped") return w;
  const to: ModelState = changed(w, { ec2: "pending", launchedAt: launchTime(w.launchedAt), reason: null, started: generation ?? 0 });
  if (generation === null || generation !== w.item?.["generation"]) return broken(to, "a start of another generation than the lease's");
  if (generation <= w.started && !isLate) return broken(to, "a second start of one generation");
  if (w.item["phase"] === "stopped") return broken(to, "a start of a machine that was given back and is off");
  return to;
}

function answersToStop(w: ModelState, process: Process, force: boolean): Answered[] {
  const { run } = process;
  const refused: Answered = { to: w, answer: { error: "IncorrectInstanceState" }, process };
  if (w.ec2 === "pending") return [refused];
  const to = stopped(w, force, run);
  const fails = (fault: string, after: ModelState): Answered => ({ to: after, answer: { error: NO_ANSWER }, process, fault });
  return [
    { to, answer: { value: undefined }, process },
    { ...refused, fault: "EC2 refuses a stop" },
    ...(to === w ? [] : [{ to: w, answer: { value: undefined }, process, fault: "a stop is lost" }]),
    ...(to === w ? [] : [fails("a stop works, but its answer is lost", to)]),
    fails("a stop comes late", changed(w, { late: { call: "stop", force, run } })),
  ];
}

/** If it runs, or by force if it is stopping; otherwise the call has no effect. */
function stopped(w: ModelState, force: boolean, run: Process["run"]): ModelState {
  if (w.ec2 !== "running" && !(force && w.ec2 === "stopping")) return w;
  const to: ModelState = changed(w, { ec2: "stopping", reason: WANTED });
  if (w.host?.phase === "working" && w.limit !== w.host.generation) return broken(to, "a job at work is stopped");
  const { phase, holder, startedAt } = w.item ?? {};
  if (phase === "ready") return broken(to, "a machine is stopped under its holder");
  if (phase === "starting" && startedAt !== undefined) return broken(to, "a machine is stopped while it starts for its holder");
  if (phase === "starting" && holder !== (run === null ? undefined : RUNS[run]))
    return broken(to, "a machine is stopped by another than its holder");
  return to;
}

/** At any moment before minutes have passed: no call outlasts its request by more (PERSISTENT_TIMING.settle). */
export function* lateTransitions(w: ModelState): Generator<Transition> {
  const { late } = w;
  if (late === null) return;
  const now = changed(w, { late: null });
  const to = late.call === "start" ? started(now, late.generation, true) : stopped(now, late.force, late.run);
  yield { label: "the late call takes effect", to, kind: "own" };
}
