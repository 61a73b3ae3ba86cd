import type { Contexts, Expressions } from "../../runner/steps/expressions";
import type { Json } from "../../runner/steps/plan";
import { inputsOf } from "./inputs";
import type { JobNode } from "./job-node";
import type { LoadedWorkflow } from "./loaded";
import type { CallWork } from "./model";
import type { Granted } from "./permissions";
import type { RunHost } from "./run-host";

/** What the jobs of one file have: those of the run's own file, or of a workflow that it calls. */
export interface SetScope {
  /** Before the names of its jobs: `CALLER / `. */
  prefix: string;
  inputs: { [key: string]: Json };
  secrets: Record<string, string>;
  /** Of the calling job. */
  most?: Granted;
  /** Of the called workflow, for the tokens of its jobs. */
  reusable?: { ref: string; sha: string };
}

/**
 * What a called workflow gets of the job that calls it.
 *
 * @param own secrets of the caller
 * @throws with the name of an input or secret that is missing or unknown
 */
export function scopeOfCall(
  {
    work,
    called,
    contexts,
    name,
    own,
    most,
  }: { work: CallWork; called: LoadedWorkflow; contexts: Contexts; name: string; own: SetScope; most: Granted },
  expressions: Expressions,
): SetScope {
  const given = work.with ? expressions.value(work.with, contexts) : {};
  return {
    prefix: `${own.prefix}${name} / `,
    inputs: inputsOf(called.file.call!.inputs, given as Record<string, Json>, expressions, contexts),
    secrets: secretsOf(work, called, { ...contexts, secrets: own.secrets }, own.secrets, expressions),
    most,
    reusable: called.reusable,
  };
}

/** What the calling job has as its own outputs. @throws where an expression cannot be evaluated */
export function outputsOfCall(of: {
  host: RunHost;
  called: LoadedWorkflow;
  inputs: SetScope["inputs"];
  nodes: readonly JobNode[];
}): Record<string, string> {
  const { expressions, github, settings } = of.host;
  const jobs = Object.fromEntries(of.nodes.map(({ definition, result, outputs }) => [definition.id, { result: result ?? "", outputs }]));
  const contexts = { github, inputs: of.inputs, vars: settings.variables ?? {}, jobs };
  const defined = of.called.file.call?.outputs ?? [];
  return Object.fromEntries(defined.map(({ id, value }) => [id, expressions.text(value, contexts)]));
}

function secretsOf(
  { secrets }: CallWork,
  called: LoadedWorkflow,
  contexts: Contexts,
  own: Record<string, string>,
  expressions: Expressions,
): Record<string, string> {
  if (secrets === "inherit") return own;
  const given = secrets ? expressions.texts(secrets, contexts) : {};
  const defined = called.file.call!.secrets;
  const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  const unknown = Object.keys(given).find((name) => !defined.some(({ id }) => isSame(id, name)));
  if (unknown !== undefined) throw new Error(`Invalid secret, ${unknown} is not defined in the referenced workflow.`);
  const missing = defined.find(({ id, required }) => required && !Object.keys(given).some((name) => isSame(id, name)));
  if (missing) throw new Error(`Secret ${missing.id} is required, but not provided while calling.`);
  return given;
}
