import { RefusedError } from "./refused-error";
import { type PinChangeResult, type GateContext, evaluate } from "./evaluate";
import { MAIN, PIN_KEY, configurationFile, readOldPin, readPin } from "./pin";
import type { Repository } from "./repository";
import { STAGES, type Stage } from "./stages";
import { intentFor } from "./trailers";

interface ChangedPin {
  stage: Stage;
  /** The current pin on main. */
  from: string;
  to: string;
}

/**
 * The pins that merging `head` into `base` would change: those that `head` changed since their merge base. A pin that
 * only main has changed since then is not listed.
 *
 * @throws RefusedError for the pin of a stack that is not a stage, a malformed pin, or a removed stack
 */
function changedPins(repository: Repository, base: string, head: string): ChangedPin[] {
  const mergeBase = repository.mergeBase(base, head);
  const names = new Set([...repository.stacks(mergeBase), ...repository.stacks(head)]);
  return [...names].flatMap((name) => {
    const stage = STAGES.find((one) => one.name === name);
    const file = configurationFile(name);
    const pinnedBy = (commit: string) => readOldPin(repository.file(commit, file), file);
    const text = repository.file(head, file);
    const [old, to] = [pinnedBy(mergeBase), text === undefined ? undefined : readPin(text, file)];
    if (!stage) {
      if (to === undefined || to === MAIN || old === to) return [];
      throw new RefusedError(`${file}: ${name} is not a stage, so there are no gates for its ${PIN_KEY} ${to}; remove the key`);
    }
    if (to === undefined && old !== undefined) throw new RefusedError(`${file}: was removed; a stage must keep its stack`);
    const from = pinnedBy(base) ?? MAIN;
    return to === undefined || to === old || to === from ? [] : [{ stage, from, to }];
  });
}

/** Evaluates each changed pin separately, against the history of `base` and with the configuration of `head`. */
export async function checkPins(context: GateContext, head: string): Promise<PinChangeResult[]> {
  const { repository, main: base } = context;
  const results: PinChangeResult[] = [];
  for (const { stage, from, to } of changedPins(repository, base, head)) {
    const { rollback, override } = intentFor(repository, base, head, stage.name);
    const configuration = repository.file(head, configurationFile(stage.name))!;
    results.push(await evaluate(context, { stage, from, to, rollback, override, configuration }));
  }
  return results;
}
