import { pinsAlong, type MainCommit, mainLine } from "./deployment-history";
import { type GateContext, type PinChangeResult, evaluate } from "./evaluate";
import { MAIN, PIN_KEY, configurationFile, readPin } from "./pin";
import { RefusedError } from "./refused-error";
import { short } from "./repository";
import { STAGES } from "./stages";
import { intentFor } from "./trailers";

/** What is evaluated besides the change: the commit of main that set the pin; undefined if there is nothing to evaluate. */
interface DeployedPin {
  results: PinChangeResult[];
  /** Says what was evaluated, or why nothing was. */
  about: string;
}

/**
 * Evaluates the pin that a stack has in `head`, a state of main, as of the commit of main that set it: with the history
 * before that commit, at that commit's date, and with the trailers that it brought. The result of a pin is therefore the
 * same in each deployment, and the same as in a pull request whose branch was up to date. A pin that was merged past a
 * closed gate, or past a check that the pull request had edited, is found here.
 *
 * @throws RefusedError for a malformed pin, a missing tag, the pin of a stack that is not a stage, or a stage that must not follow main
 */
export async function checkDeployedPin(context: Omit<GateContext, "main">, stack: string, head: string): Promise<DeployedPin> {
  const { repository } = context;
  const file = configurationFile(stack);
  const configuration = repository.file(head, file);
  if (configuration === undefined) {
    throw new RefusedError(`--stack ${stack}: ${short(head)} has no ${file}; give one of ${repository.stacks(head).join(", ")}`);
  }
  const to = readPin(configuration, file);
  const stage = STAGES.find(({ name }) => name === stack);
  if (!stage && to !== MAIN)
    throw new RefusedError(`${file}: ${stack} is not a stage, so there are no gates for its ${PIN_KEY} ${to}; remove the key`);
  if (!stage || (to === MAIN && stage.mayFollowMain))
    return { results: [], about: `${stack} follows ${MAIN}, so there is no pin to evaluate.` };

  const line = mainLine(repository, head);
  const pins = pinsAlong(repository, line, stack);
  let set = line.length - 1;
  while (set > 0 && pins[set - 1] === to) set -= 1;
  const [by, before] = [line[set]!, line[set - 1]];
  // evaluate() refuses a stage that must not follow main, also in the first commit.
  if (before === undefined && to !== MAIN)
    return { results: [], about: `${stack} has pinned ${to} since the first commit ${short(by.sha)}.` };
  const main = before?.sha ?? by.sha;
  const { rollback, override } = intentFor(repository, main, by.sha, stack);
  const now = () => Math.min(context.now(), latest(line, set));
  const from = pins[set - 1] ?? MAIN;
  const result = await evaluate({ ...context, main, now }, { stage, from, to, rollback, override, configuration });
  return { results: [result], about: `Evaluated as of ${short(by.sha)}, which set the pin.` };
}

/** Dates may go backwards: a commit is not older than those before it. */
const latest = (line: readonly MainCommit[], at: number): number => Math.max(...line.slice(0, at + 1).map(({ date }) => date));
