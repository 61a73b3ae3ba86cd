/** The official runner and GitHub's side of it (facts: actions/runner 2.336, JobDispatcher and RunnerService). */
import { changed } from "./changed";
import { aboutToSignal } from "./drain-process";
import type { Parts } from "./parts";
import { mainExited } from "./systemd";
import { fenced, GENERATIONS, requeued } from "./model";
import type { Phase, ModelState } from "./state";
import type { Transition } from "./transition";

/** The listener has exited unasked; `relaunched` by its supervisor after 5 s. */
function listenerGone(w: ModelState, relaunched: boolean): ModelState {
  if (w.main === "signalled") return changed(w, { listener: null, supervisor: false, main: "ending" });
  if (relaunched && w.supervisor) return changed(w, { listener: null, relaunch: true });
  // Exit codes 0, 1 and 5 end the supervisor, and with it runsvc.sh, cleanly.
  return changed(w, { listener: null, supervisor: false, main: w.main === "dead" ? "dead" : "ending" });
}

export function* runnerTransitions(w: ModelState): Generator<Transition> {
  const now = (label: string, to: ModelState): Transition => ({ label, to, kind: "own" });
  const some = (label: string, to: ModelState): Transition => ({ label, to, kind: "external" });
  const cut = fenced(w);
  const become = (phase: Phase, more: Partial<ModelState> = {}): ModelState => changed(w, { ...more, listener: { ...w.listener!, phase } });

  switch (w.listener?.phase) {
    case "starting":
      if (!cut)
        yield now("listener reports that it is listening", become("polling", { announcement: "idle", announcementAge: 0, message: null }));
      break;
    case "polling":
      // Where the message is the job, it must not arrive in these milliseconds either: without a fence a risk remains.
      if (!cut && w.jobs > 0 && w.registered && !(w.v1 && aboutToSignal(w)))
        yield some("GitHub sends a job, the listener reads the message", become("read", { jobs: w.jobs - 1, idleFor: 0 }));
      break;
    case "read":
      yield now("listener notes the message in its performance log", become("acquiring", { message: "young" }));
      break;
    case "acquiring":
      if (w.v1) yield now("the message is the job", become("acquired"));
      else if (!cut && !aboutToSignal(w)) yield some("GitHub hands the job to the runner", become("acquired"));
      if (!w.v1) {
        yield some("GitHub refuses the job, the listener says that it skips it", become("polling", { message: null }));
        // The page of the log that has its word is full, or a job has removed it.
        yield some("GitHub refuses the job, nothing shows it", become("polling"));
      }
      break;
    case "unanswered":
      if (!cut) yield some("GitHub answers the next try", become("acquired"));
      break;
    case "acquired":
      yield now('listener announces "Running job"', become("announced", { announcement: "busy", announcementAge: 0, message: null }));
      break;
    case "announced":
      if (!cut) yield some("worker starts", become("running"));
      break;
    case "running":
      if (!cut) yield some("job ends, worker exits", become("ended"));
      break;
    case "ended":
      yield now("listener announces the job's end", become("polling", { announcement: "idle", announcementAge: 0, message: null }));
      break;
    case "closing":
      yield now("listener exits", listenerGone(w, false));
      break;
  }
  if (w.orphans > 0 && !cut) yield some("orphaned worker ends its job", changed(w, { orphans: w.orphans - 1 }));
  if (w.ghosts > 0) yield some("worker of a job that was given up exits", changed(w, { ghosts: w.ghosts - 1 }));
  if (w.relaunch && w.listener === null) {
    const generation = (w.generation + 1) % GENERATIONS;
    yield now("listener is relaunched", changed(w, { relaunch: false, generation, listener: { generation, phase: "starting" } }));
  }
}

/** Faults of the runner itself. */
export function* runnerFaults(w: ModelState, parts: Parts): Generator<Transition> {
  const fault = (label: string, to: ModelState): Transition => ({
    label: `FAULT: ${label}`,
    to: changed(to, { faults: to.faults - 1 }),
    kind: "fault",
  });
  const { listener } = w;
  if (listener) {
    // Without a worker the job hangs at GitHub until its lock expires; that loss is due to the crash.
    const left: ModelState = changed(w, { jobs: w.jobs + requeued(w), orphans: w.orphans + (listener.phase === "running" ? 1 : 0) });
    yield fault("listener crashes", listenerGone(left, true));
  }
  switch (listener?.phase) {
    case "acquiring":
      // Where the message is the job, there is no acquisition.
      if (!w.v1 && !fenced(w) && !aboutToSignal(w))
        yield fault(
          "GitHub hands over the job, its answer is lost, and the listener waits for it for minutes",
          changed(w, { message: "minutes", listener: { ...listener!, phase: "unanswered" } }),
        );
      break;
    case "polling":
      yield fault("listener exits to update itself", listenerGone(w, true));
      yield fault("listener gives up (exit code 1)", listenerGone(w, false));
      break;
    case "announced":
      yield fault(
        "renewing the job's lock fails, the listener drops the job silently",
        changed(w, { listener: { ...listener!, phase: "polling" } }),
      );
      break;
    case "running":
      yield fault("worker crashes", changed(w, { listener: { ...listener!, phase: "ended" } }));
      break;
  }
  if (w.main === "running" || w.main === "signalled") yield fault("runsvc.sh is killed", mainExited(w, false, parts));
}
