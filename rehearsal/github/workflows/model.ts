import type { PlannedStep, Template } from "../../runner/steps/plan";

/** A workflow file after parsing: plain data, whose expressions are evaluated later by GitHub or by the runner. */
export interface WorkflowFile {
  path: string;
  name: string;
  runName?: Template;
  events: Record<string, EventFilter>;
  inputs: InputDefinition[];
  /** Of `workflow_call`; absent: it cannot be called. */
  call?: { inputs: InputDefinition[]; secrets: { id: string; required: boolean }[]; outputs: { id: string; value: Template }[] };
  permissions?: Permissions;
  env?: Template;
  defaults: Defaults;
  concurrency?: ConcurrencyDefinition;
  jobs: JobDefinition[];
}

/** Permission names with their level. */
export type Permissions = Record<string, "read" | "write" | "none"> | "read-all" | "write-all";

export interface Defaults {
  shell?: Template;
  workingDirectory?: Template;
}

export interface EventFilter {
  types?: string[];
  branches?: string[];
  branchesIgnore?: string[];
  tags?: string[];
  tagsIgnore?: string[];
  paths?: string[];
  pathsIgnore?: string[];
  workflows?: string[];
}

export interface InputDefinition {
  id: string;
  type: "string" | "boolean" | "number" | "choice" | "environment";
  required: boolean;
  default?: Template;
  options?: string[];
}

export interface ConcurrencyDefinition {
  group: Template;
  cancelInProgress?: Template;
  /** `max`: up to 100 wait, in order, and none is cancelled for a newer one. */
  queue: "single" | "max";
}

export interface JobDefinition {
  id: string;
  name?: Template;
  needs: string[];
  /** Contains a status function. */
  if: string;
  permissions?: Permissions;
  concurrency?: ConcurrencyDefinition;
  strategy?: { matrix?: Template; failFast?: Template; maxParallel?: Template };
  /** A job of its own, or the call of another workflow. */
  work: OwnWork | CallWork;
}

export interface OwnWork {
  kind: "steps";
  runsOn: Template;
  environment?: Template;
  env?: Template;
  defaults: Defaults;
  timeoutMinutes?: Template;
  continueOnError?: Template;
  outputs?: Template;
  steps: PlannedStep[];
}

export interface CallWork {
  kind: "call";
  reference: string;
  with?: Template;
  secrets?: Template | "inherit";
}
