/** EC2, the machine on it, and GitHub, which gives the machine a job. */
import { DISK_REFUSAL } from "../../../../contract/persistent-runner/lease";
import { hostReady } from "../../../functions/persistent-runner/support/machine";
import { written } from "../../../functions/persistent-runner/support/memory-item";
import { broken, changed, fault } from "./changed";
import { RUNS, SETTINGS } from "./parts";
import { withRun } from "./processes";
import { type Host, type ModelState, NO_CAPACITY, type Run, type RunIndex, type Transition, WANTED } from "./state";
import { isOld, launchTime, NOW } from "./time";

export function* machineTransitions(w: ModelState): Generator<Transition> {
  const own = (label: string, to: ModelState): Transition => ({ label, to, kind: "own" });
  if (w.ec2 === "pending") {
    yield own("the machine runs", changed(w, { ec2: "running", host: { phase: "booting", generation: null } }));
    yield* fault(w, "EC2 stops it for want of capacity", changed(w, { ec2: "stopped", reason: NO_CAPACITY }));
  }
  if (w.ec2 === "stopping") yield own("the machine is off", changed(w, { ec2: "stopped", host: null }));
  if (w.ec2 === "stopped") {
    const by = changed(w, { ec2: "pending" as const, launchedAt: launchTime(w.launchedAt), reason: null });
    yield* fault(w, "someone starts the machine by hand", by);
  }
  if (w.ec2 === "running") {
    if (w.host !== null) yield* hostTransitions(w, w.host);
    yield* fault(w, "the machine goes off", changed(w, { ec2: "stopping", reason: WANTED }));
  }
  yield* jobTransitions(w);
}

function* hostTransitions(w: ModelState, host: Host): Generator<Transition> {
  const to = (phase: Host["phase"], label: string, generation = host.generation): Transition => ({
    label,
    to: changed(w, { host: { phase, generation } }),
    kind: "own",
  });
  switch (host.phase) {
    case "booting":
      if (w.order !== null) {
        const { to: read, ...rest } = to("ordered", "the machine reads its order", w.order);
        yield { ...rest, to: changed(read, { order: null }) };
      } else if (isOld(w.launchedAt)) yield to("idle", "the machine has found no order");
      yield* fault(w, "the machine hangs", changed(w, { host: { ...host, phase: "hung" } }));
      return;
    case "ordered":
      // No call takes as long as a boot.
      if (w.late === null) yield becomesReady(w, host);
      yield* fault(w, "the machine is slow", changed(w, { host: { ...host, phase: "slow" } }));
      for (const reason of ["the setup script failed", `${DISK_REFUSAL}/ 99 % used`])
        yield* fault(w, `the boot fails: ${reason}`, fails(w, host, reason));
      return;
    case "slow":
      yield becomesReady(w, host);
      return;
    case "connecting":
      yield to("serving", "the machine's runner connects");
      yield* fault(w, "the runner does not connect", changed(w, { host: { ...host, phase: "hung" } }));
      return;
    case "serving":
      yield* fault(w, "the runner loses its connection", changed(w, { host: { ...host, phase: "hung" } }));
      // The hook of a job compares its run with the order's, and the runner has had its one job then.
      yield* fault(
        w,
        "a job of others comes to the runner, and is ended",
        changed(w, { runner: null, taken: host.generation, host: { ...host, phase: "ending" } }),
      );
      // Longer than any workflow needs to send the job of a machine that is ready.
      if (isOld(w.item?.["changedAt"])) yield to("ending", "the machine idles, and switches itself off");
      return;
    case "idle":
      yield to("ending", "the machine idles without an order, and switches itself off");
      return;
    case "ending":
      yield {
        label: "the machine switches itself off",
        to: changed(w, { ec2: "stopping", reason: WANTED }),
        kind: "own",
      };
      return;
  }
}

/** By the contract's condition. If that does not hold, the machine serves no one, and switches itself off. */
function becomesReady(w: ModelState, host: Host): Transition {
  const { bundle, configuration } = SETTINGS;
  const item = written(w.item ?? undefined, hostReady({ generation: host.generation!, bundle, configuration }, NOW));
  const to: ModelState =
    item === undefined ? changed(w, { host: { ...host, phase: "ending" } }) : changed(w, { item, host: { ...host, phase: "connecting" } });
  return { label: item === undefined ? "the machine is too late" : "the machine is ready", to, kind: "own" };
}

/** The host's own write (host-config/persistent-runner/agent/lease.ts), before it switches itself off. */
function fails(w: ModelState, host: Host, reason: string): ModelState {
  const { generation, phase } = w.item ?? {};
  const isOurs = generation === host.generation && (phase === "starting" || phase === "ready");
  const item = isOurs ? { ...w.item, failure: `${host.generation}: ${reason}` } : w.item;
  return changed(w, { item, host: { ...host, phase: "ending" } });
}

function* jobTransitions(w: ModelState): Generator<Transition> {
  const serves = (label: number | null) => w.ec2 === "running" && w.host?.phase === "serving" && w.host.generation === label;
  for (const [position, { phase, label, again }] of w.runs.entries()) {
    const run = position as RunIndex;
    if (phase === "queued" && serves(label) && w.runner === label) {
      const to = withRun(changed(w, { host: { phase: "working", generation: label } }), run, { phase: "working" });
      const isOurs = w.item?.["holder"] === RUNS[run] || w.limit === label;
      yield {
        label: `the job of run ${run} begins`,
        to: isOurs ? to : broken(to, "a job runs on a machine that its run does not hold"),
        kind: "own",
      };
    }
    if (phase === "working") {
      const next: Partial<Run> = again > 0 ? { phase: "asking", again: again - 1 } : { phase: "releasing" };
      yield { label: `the job of run ${run} ends`, to: jobEnded(withRun(w, run, { ...next, label: null }), label), kind: "own" };
    }
  }
  // The job of a run that has ended without a word.
  const { host } = w;
  const works =
    w.ec2 === "running" &&
    host?.phase === "working" &&
    !w.runs.some(({ phase, label }) => phase === "working" && label === host.generation);
  if (works) yield { label: "the job ends", to: jobEnded(w, host.generation), kind: "own" };
}

/** A runner for one job is gone after it. */
function jobEnded(w: ModelState, label: number | null): ModelState {
  const { host, runner } = w;
  const isAtWork = host?.phase === "working" && host.generation === label;
  return changed(w, { runner: runner === label ? null : runner, host: isAtWork ? { ...host, phase: "ending" } : host });
}
