/** What a runner receives of a workflow's job: everything that GitHub leaves to the runner to evaluate and to run. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A value of a workflow file whose expressions are not evaluated yet. */
export type Template =
  | { kind: "literal"; value: string | number | boolean | null }
  /** Without `${{ }}`. */
  | { kind: "expression"; text: string }
  | { kind: "list"; items: Template[] }
  | { kind: "map"; entries: { key: Template; value: Template }[] };

export interface PlannedStep {
  /** Of a step that the file gives none: begins with two underscores. */
  id: string;
  name?: Template;
  /** Contains a status function: GitHub adds `success()` where the file has none. */
  if: string;
  env?: Template;
  continueOnError?: Template;
  timeoutMinutes?: Template;
  run?: { script: Template; shell?: Template; workingDirectory?: Template };
  uses?: { reference: string; with?: Template };
}

/** Content of an `action.yml`. */
export interface ActionDefinition {
  name: string;
  inputs: { id: string; required: boolean; default?: Template }[];
  outputs: { id: string; value?: Template }[];
  runs:
    | { using: "composite"; steps: PlannedStep[] }
    | { using: "node"; version: string; main: string; pre?: string; preIf?: string; post?: string; postIf?: string };
}

/** Paths of a tree with their content. A file whose content begins with `#!` is executable. */
export type Files = Record<string, string>;

export type PlannedAction =
  /** From the job's own repository: read from the workspace, where an earlier step must have put it. */
  | { kind: "local"; path: string; definition: ActionDefinition }
  /** From a repository: GitHub's runner downloads its tree before the job's first step. */
  | { kind: "remote"; repository: string; ref: string; path: string; definition: ActionDefinition; files: Files }
  /** `actions/checkout`. */
  | { kind: "checkout" }
  /** A function of the rehearsal in the place of an action: only an executor of the same process can call it. */
  | { kind: "function"; name: string };

export interface JobPlan {
  /** `github`, `inputs`, `vars`, `secrets`, `needs`, `strategy` and `matrix`. */
  contexts: Record<string, Json>;
  /** The `env` of the workflow and of the job, in this order. */
  env: Template[];
  defaults: { shell?: Template; workingDirectory?: Template };
  steps: PlannedStep[];
  outputs?: Template;
  /** By the reference in `uses:`. */
  actions: Record<string, PlannedAction>;
  /** The repository at the commit of the run, for `actions/checkout`. */
  checkout: Files;
  /** Values that the log must not show. */
  masks: string[];
  /** Absent: the job has no permission `id-token: write`, or GitHub gives it none. */
  idToken?: { url: string; token: string };
}

export type Outcome = "success" | "failure" | "cancelled" | "skipped";

/** What became of a step: `outcome` before `continue-on-error`, `conclusion` after it. */
export interface StepReport {
  id: string;
  name: string;
  outcome: Outcome;
  conclusion: Outcome;
}
