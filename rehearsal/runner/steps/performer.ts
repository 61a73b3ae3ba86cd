import type { ActionDefinition, Json, PlannedAction } from "./plan";

/** What a step left behind. */
export interface StepReply {
  /** Exit code; 0 is success. */
  code: number;
  outputs?: Record<string, string>;
  /** For all later steps. */
  variables?: [string, string][];
  /** Folders that later steps search for programs first. */
  paths?: string[];
  /** For the action's own later parts. */
  state?: Record<string, string>;
  /** Why it failed, for an annotation. */
  error?: string;
}

export interface ScriptCall {
  name: string;
  id: string;
  script: string;
  /** As in the file; absent: bash as the runner calls it by default. */
  shell?: string;
  workingDirectory?: string;
  environment: Record<string, string>;
  paths: readonly string[];
}

export interface NodeCall {
  name: string;
  action: Extract<PlannedAction, { kind: "local" | "remote" }>;
  /** The action's program, relative to its folder. */
  program: string;
  environment: Record<string, string>;
  paths: readonly string[];
}

/** A call of a function that stands for an action. */
export interface FunctionCall {
  name: string;
  reference: string;
  /** By their names in lower case. */
  inputs: Record<string, string>;
  environment: Record<string, string>;
  github: { [key: string]: Json };
  /** Absent: the job may have no token. */
  idToken?: { url: string; token: string };
}

export interface CheckoutCall {
  inputs: Record<string, string>;
  environment: Record<string, string>;
}

/** What a runner does for a step: real processes, or functions of a rehearsal with a virtual clock. */
export interface Performer {
  /** The `runner` context. */
  readonly runner: { [key: string]: Json };
  readonly workspace: string;
  script(call: ScriptCall, stop: AbortSignal): Promise<StepReply>;
  node(call: NodeCall, stop: AbortSignal): Promise<StepReply>;
  act(call: FunctionCall, stop: AbortSignal): Promise<StepReply>;
  checkout(call: CheckoutCall, stop: AbortSignal): Promise<StepReply>;
  /** The folder in which an action's files are. @throws if the workspace does not have it */
  folderOf(action: Extract<PlannedAction, { kind: "local" | "remote" }>): string;
  hashFiles(patterns: readonly string[]): string;
  log(line: string): void;
}

export type NodeAction = Extract<ActionDefinition["runs"], { using: "node" }>;
