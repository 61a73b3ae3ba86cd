import { type Facts, type GateName, type Verdict, bakeGate, directionGate, isRollback, open, orderGate } from "./gates";
import { arrivalOn, mainLine, pinsAlong, stretches } from "./deployment-history";
import { MAIN, configurationFile } from "./pin";
import { RefusedError } from "./refused-error";
import type { Rehearse } from "./rehearsal-gate";
import type { Repository } from "./repository";
import { type Stage, stageBefore } from "./stages";

/** A written reason to open shut gates. */
export interface Override {
  reason: string;
  /** Those that it was written for; not set, whichever turn out to be shut. */
  gates?: readonly GateName[];
}

/** A pin that somebody wants to change. */
export interface Wish {
  stage: Stage;
  from: string;
  to: string;
  rollback: boolean;
  override?: Override;
  /** Text of the stack's configuration with the new pin in it. */
  configuration: string;
}

export interface ChangeVerdict {
  stack: string;
  from: string;
  to: string;
  rollback: boolean;
  verdict: "open" | "shut";
  gates: Verdict[];
}

/** What judging needs besides the wish. */
export interface Court {
  repository: Repository;
  /** The commit whose history counts. */
  main: string;
  now: () => number;
  rehearse: Rehearse;
}

/**
 * Judges one change of a pin by all gates. The rehearsal comes last and only if nothing else is shut: it takes minutes.
 *
 * @throws RefusedError when the repository allows no judgement; no override helps against that
 */
export async function judge(court: Court, wish: Wish): Promise<ChangeVerdict> {
  const { stage, from, to } = wish;
  const commit = to === MAIN ? undefined : court.repository.release(to, court.main);
  if (commit === undefined && !stage.mayFollowMain) {
    throw new RefusedError(`${configurationFile(stage.name)}: ${stage.name} cannot follow ${MAIN}; pin a release's tag, like v1.2.3`);
  }
  const facts = factsOf(court, wish, commit);
  const gates = [orderGate(facts), bakeGate(facts), directionGate(facts)].map((one) => overridden(one, wish.override));
  gates.push(overridden(await rehearsal(court, wish, commit, gates), wish.override));
  const passed = gates.every(({ state }) => state === "open" || state === "overridden");
  return { stack: stage.name, from, to, rollback: isRollback(facts), verdict: passed ? "open" : "shut", gates };
}

function factsOf({ repository, main, now }: Court, { stage, from, to, rollback }: Wish, commit: string | undefined): Facts {
  const line = mainLine(repository, main);
  const arrival = commit === undefined ? 0 : arrivalOn(repository, line, commit);
  const ran = (stack: string) => stretches(line, pinsAlong(repository, line, stack), to, arrival);
  const before = stageBefore(stage);
  return {
    stage: stage.name,
    from,
    to,
    rollback,
    before: before && { stage: before.name, bake: stage.bake, stretches: ran(before.name) },
    own: ran(stage.name),
    now: now(),
  };
}

async function rehearsal(court: Court, wish: Wish, commit: string | undefined, others: readonly Verdict[]): Promise<Verdict> {
  if (commit === undefined) return open("rehearsal", "what is on main is rehearsed by its own checks");
  const later = (reason: string): Verdict => ({ gate: "rehearsal", state: "not judged", reason });
  if (others.some(({ state }) => state === "shut")) return later("another gate is shut, and a rehearsal takes minutes");
  // Who overrides a red or stuck rehearsal in an emergency must not wait for it a second time.
  if (wish.override?.gates?.includes("rehearsal")) return later("known to be shut when it was overridden");
  return court.rehearse({ commit, tag: wish.to, stack: wish.stage.name, configuration: wish.configuration });
}

function overridden(verdict: Verdict, override: Override | undefined): Verdict {
  if (verdict.state === "open" || !override || override.gates?.includes(verdict.gate) === false) return verdict;
  const { opensAt: _moot, ...rest } = verdict;
  return { ...rest, state: "overridden", override: override.reason };
}
