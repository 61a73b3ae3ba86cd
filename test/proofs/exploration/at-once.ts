/** Runs a real function from start to end in one transition; the model answers each of its calls. */
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import { answer, canFail } from "./answers";
import type { Parts } from "./parts";
import type { Ask, Outcome } from "./replay";
import { replayHost } from "./replay-host";
import type { ModelState } from "./state";

export type Failing = { index: number; applied: boolean; words: string } | undefined;

export interface Ran {
  w: ModelState;
  outcome: Exclude<Outcome, { call: unknown }>;
  /** Which of its calls could have failed, and how. */
  failures: Exclude<Failing, undefined>[];
}

export function atOnce(w: ModelState, parts: Parts, name: string, run: (host: Host, ask: Ask) => Promise<unknown>, failing?: Failing): Ran {
  const outcomeAfter = parts.replay.outcomes(name, (ask) => run(replayHost(ask), ask));
  let answers = 0;
  const failures: Ran["failures"] = [];
  for (let index = 0; ; index++) {
    const outcome = outcomeAfter(answers);
    if (!("call" in outcome)) return { w, outcome, failures };
    if (w.faults > 0) for (const failure of canFail(outcome.call)) failures.push({ index, ...failure });
    const failed = failing?.index === index ? failing : undefined;
    const [after, answered] = answer(w, outcome.call, parts);
    w = failed && !failed.applied ? w : after;
    answers = parts.replay.answers.with(answers, failed ? { error: failed.words } : answered);
  }
}
