import { type Facts, type GateName, type GateResult, bakeGate, directionGate, isRollback, open, orderGate } from "./gates";
import { arrivalOn, mainLine, pinsAlong, deployments } from "./deployment-history";
import { MAIN, configurationFile } from "./pin";
import { RefusedError } from "./refused-error";
import type { Rehearse } from "./rehearsal-gate";
import type { Repository } from "./repository";
import { type Stage, stageBefore } from "./stages";

/** A written reason to open closed gates. */
export interface Override {
  reason: string;
  /** The gates that it applies to; if not set, all closed ones. */
  gates?: readonly GateName[];
}

/** A requested change of a pin. */
export interface PinChange {
  stage: Stage;
  from: string;
  to: string;
  rollback: boolean;
  override?: Override;
  /** Text of the stack's configuration with the new pin in it. */
  configuration: string;
}

export interface PinChangeResult {
  stack: string;
  from: string;
  to: string;
  rollback: boolean;
  outcome: "open" | "closed";
  gates: GateResult[];
}

/** What an evaluation needs besides the change itself. */
export interface GateContext {
  repository: Repository;
  /** The commit whose history counts. */
  main: string;
  now: () => number;
  rehearse: Rehearse;
}

/**
 * Evaluates all gates for one change of a pin. The rehearsal comes last and only if no other gate is closed: it takes minutes.
 *
 * @throws RefusedError when the repository does not allow an evaluation, which no override changes
 */
export async function evaluate(context: GateContext, change: PinChange): Promise<PinChangeResult> {
  const { stage, from, to } = change;
  const commit = to === MAIN ? undefined : context.repository.release(to, context.main);
  if (commit === undefined && !stage.mayFollowMain) {
    throw new RefusedError(`${configurationFile(stage.name)}: ${stage.name} cannot follow ${MAIN}; pin a release's tag, like v1.2.3`);
  }
  const facts = factsOf(context, change, commit);
  const gates = [orderGate(facts), bakeGate(facts), directionGate(facts)].map((one) => overridden(one, change.override));
  gates.push(overridden(await rehearsal(context, change, commit, gates), change.override));
  const passed = gates.every(({ state }) => state === "open" || state === "overridden");
  return { stack: stage.name, from, to, rollback: isRollback(facts), outcome: passed ? "open" : "closed", gates };
}

function factsOf({ repository, main, now }: GateContext, { stage, from, to, rollback }: PinChange, commit: string | undefined): Facts {
  const line = mainLine(repository, main);
  const arrival = commit === undefined ? 0 : arrivalOn(repository, line, commit);
  const ran = (stack: string) => deployments(line, pinsAlong(repository, line, stack), to, arrival);
  const before = stageBefore(stage);
  return {
    stage: stage.name,
    from,
    to,
    rollback,
    before: before && { stage: before.name, bake: stage.bake, deployments: ran(before.name) },
    own: ran(stage.name),
    now: now(),
  };
}

async function rehearsal(
  context: GateContext,
  change: PinChange,
  commit: string | undefined,
  others: readonly GateResult[],
): Promise<GateResult> {
  if (commit === undefined) return open("rehearsal", "what is on main is rehearsed by its own checks");
  const notEvaluated = (reason: string): GateResult => ({ gate: "rehearsal", state: "not evaluated", reason });
  if (others.some(({ state }) => state === "closed")) return notEvaluated("another gate is closed, and a rehearsal takes minutes");
  // In an emergency, a failing or hanging rehearsal that was overridden must not be run again.
  if (change.override?.gates?.includes("rehearsal")) return notEvaluated("already closed when it was overridden");
  return context.rehearse({ commit, tag: change.to, stack: change.stage.name, configuration: change.configuration });
}

function overridden(result: GateResult, override: Override | undefined): GateResult {
  if (result.state === "open" || !override || override.gates?.includes(result.gate) === false) return result;
  const { opensAt: _moot, ...rest } = result;
  return { ...rest, state: "overridden", override: override.reason };
}
