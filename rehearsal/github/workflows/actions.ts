import type { ActionDefinition, Files, PlannedAction, PlannedStep } from "../../runner/steps/plan";
import { parseAction } from "./parse-action";
import { WorkflowError } from "./workflow-error";

/** What runs in the place of an action that the rehearsal does not have. */
type ActionStandIn =
  /** `actions/checkout`: the repository at the commit of the run. */
  | "checkout"
  /** Called in this process, by hosted jobs only. */
  | { act: string }
  /** An action of this tree, with its `action.yml` in the root. */
  | { files: Files };

/** By `OWNER/REPO` or `OWNER/REPO/PATH`, whatever the version. */
export type ActionTable = Readonly<Record<string, ActionStandIn>>;

export interface ActionSource {
  /** The tree of a repository of the stand-in at a ref; undefined if it has none. */
  tree(repository: string, ref: string): Files | undefined;
  table: ActionTable;
}

const DEEPEST = 10;

/**
 * All actions that the steps use, and those that these use in turn.
 *
 * @param own the tree of the run
 * @param label of the workflow in errors
 * @throws WorkflowError for one that is neither in a tree nor in the table
 */
export function resolveActions(
  steps: readonly PlannedStep[],
  own: Files,
  source: ActionSource,
  label: string,
): Record<string, PlannedAction> {
  const found: Record<string, PlannedAction> = {};
  const visit = (list: readonly PlannedStep[], depth: number, within: string) => {
    for (const { uses } of list) {
      if (!uses || found[uses.reference]) continue;
      if (depth > DEEPEST) throw new WorkflowError(label, [`${within}: composite actions are nested more than ${DEEPEST} deep`]);
      const action = resolve(uses.reference, own, source, label);
      found[uses.reference] = action;
      if ("definition" in action && action.definition.runs.using === "composite")
        visit(action.definition.runs.steps, depth + 1, uses.reference);
    }
  };
  visit(steps, 1, label);
  return found;
}

function resolve(reference: string, own: Files, source: ActionSource, label: string): PlannedAction {
  if (reference.startsWith("./")) {
    const path = reference.slice(2).replace(/\/+$/, "");
    return { kind: "local", path, definition: parseAction(own, path, `${label}: uses: ${reference}`) };
  }
  const match = /^([^/@\s]+\/[^/@\s]+)((?:\/[^@\s]+)?)@(\S+)$/.exec(reference);
  if (!match) throw new WorkflowError(label, [`uses: ${reference}: is neither ./PATH nor OWNER/REPO/PATH@REF`]);
  const [, repository = "", below = "", ref = ""] = match;
  const standIn = source.table[`${repository}${below}`];
  const path = below.slice(1);
  if (standIn === "checkout") return { kind: "checkout" };
  if (standIn && "act" in standIn) return { kind: "function", name: standIn.act };
  if (standIn) return remote(repository, ref, "", standIn.files, `${label}: the stand-in for ${repository}${below}`);
  const files = source.tree(repository, ref);
  if (files) return remote(repository, ref, path, files, `${label}: uses: ${reference}`);
  throw new WorkflowError(label, [
    `uses: ${reference}: no repository ${repository} with ${ref} exists here, and the table of stand-ins has no ${repository}${below}`,
  ]);
}

function remote(repository: string, ref: string, path: string, files: Files, label: string): PlannedAction {
  const definition: ActionDefinition = parseAction(files, path, label);
  return { kind: "remote", repository, ref, path, definition, files };
}
