/** What workflows do besides their requests: go on, be cancelled, end without a word. */
import { changed, fault } from "./changed";
import { withProcess, withRun } from "./processes";
import type { ModelState, RunIndex, Transition } from "./state";
import { OVER } from "./time";

export function* runTransitions(w: ModelState): Generator<Transition> {
  for (const [position, { phase }] of w.runs.entries()) {
    const run = position as RunIndex;
    const own = (label: string, change: Parameters<typeof withRun>[2]): Transition => ({ label, to: withRun(w, run, change), kind: "own" });
    if (phase === "asking" || phase === "queued") {
      const cancelled = own(`run ${run} is cancelled`, { phase: "releasing" });
      yield { ...cancelled, kind: "chance" };
      // The function goes on with a request whose run has been cancelled.
      const isUnderWay = w.processes.some((process) => process.run === run && process.awaited);
      if (phase === "asking" && !isUnderWay && w.processes.length < w.atOnce) {
        const request = { kind: "start", run, answers: 0, generation: null, confirmed: false, awaited: false } as const;
        yield { label: `run ${run} is cancelled as it asks`, to: withProcess(cancelled.to, request), kind: "chance" };
      }
    }
    if (phase !== "done") yield* fault(w, `run ${run} ends without a word`, withRun(w, run, { phase: "done" }));
  }
  const generation = w.item?.["generation"];
  if (w.item?.["holder"] !== undefined && typeof generation === "number" && w.limit !== generation) {
    yield* fault(w, "the session's limit is reached", changed(w, { limit: generation, item: { ...w.item, expires: OVER } }));
  }
}

/** The machine's own steps, and a request or a pass, take seconds, and so end before minutes have passed. */
export function mayMinutesPass({ processes, ec2, host, order, late }: ModelState): boolean {
  if (processes.length > 0 || late !== null) return false;
  if (ec2 === "pending") return false;
  return !(
    ec2 === "running" &&
    (host?.phase === "ordered" || host?.phase === "connecting" || host?.phase === "ending" || (host?.phase === "booting" && order !== null))
  );
}
