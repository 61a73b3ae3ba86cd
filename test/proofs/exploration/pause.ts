/**
 * Pauses: the instance goes into standby and returns, at any moment. What the agent then does in the background (its mark,
 * then the stop) runs call by call beside its ticks. A nearly full disk begins the same pause by another reason.
 */
import { answer } from "./answers";
import { paused } from "./model";
import type { ModelState } from "./state";
import type { Parts } from "./parts";
import { replayHost } from "./replay-host";
import type { Transition } from "./transition";

export function* pauseTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  const { pause } = w;
  if (!pause) return;
  if (pause.work !== null) yield* work(w, pause.work, parts);
  if (w.hook !== "none") return;
  if (pause.standby) yield { label: "BACK IN SERVICE", to: paused(w, { standby: false }), kind: "external" };
  else if (pause.left > 0) yield { label: "STANDBY", to: paused(w, { standby: true, left: pause.left - 1 }), kind: "external" };
}

function* work(w: ModelState, answers: number, parts: Parts): Generator<Transition> {
  const { replay } = parts;
  const outcome = replay.outcome("pause", answers, (ask) => new parts.Daemon(replayHost(ask))["pauseRunner"]());
  if (!("call" in outcome)) {
    yield { label: "pause: the stop is queued", to: paused(w, { work: null }), kind: "own" };
    return;
  }
  const [after, answered] = answer(w, outcome.call, parts);
  yield { label: `pause: ${outcome.call.port}`, to: paused(after, { work: replay.answers.with(answers, answered) }), kind: "own" };
}
