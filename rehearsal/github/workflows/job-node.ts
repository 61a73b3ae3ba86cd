import type { Contexts, Expressions, Functions } from "../../runner/steps/expressions";
import type { Json, Outcome } from "../../runner/steps/plan";
import type { Job } from "../jobs";
import type { Claim } from "./concurrency";
import { expandMatrix } from "./matrix";
import type { JobDefinition } from "./model";

/** One job of a file: undecided, at work in one or several legs, or done. */
export interface JobNode {
  readonly definition: JobDefinition;
  readonly needs: JobNode[];
  state: "blocked" | "active" | "done";
  legs: Leg[];
  result?: Outcome;
  outputs: Record<string, string>;
  failFast: boolean;
  maxParallel: number;
}

/** The jobs of a workflow that a leg calls. */
interface CalledJobs {
  readonly nodes: JobNode[];
  ended(job: Job): boolean;
  legOf(job: Job): Leg | undefined;
  cancel(reason: string, force: boolean): void;
}

/** One combination of the job's matrix, or the job itself. */
export interface Leg {
  readonly index: number;
  readonly total: number;
  /** Undefined: the job has no matrix. */
  readonly vector?: { [key: string]: Json };
  /** `active` from its start on, also while it waits for its concurrency group or a runner. */
  state: "idle" | "active" | "done";
  job?: Job;
  /** Of a called workflow. */
  set?: CalledJobs;
  result?: Outcome;
  continueOnError: boolean;
  claim?: { group: string; claim: Claim };
  timeoutMinutes?: number;
}

export function nodesOf(definitions: readonly JobDefinition[]): JobNode[] {
  const nodes = definitions.map(
    (definition): JobNode => ({
      definition,
      needs: [],
      state: "blocked",
      legs: [],
      outputs: {},
      failFast: true,
      maxParallel: Number.POSITIVE_INFINITY,
    }),
  );
  const byId = new Map(nodes.map((node) => [node.definition.id, node]));
  for (const node of nodes) for (const id of node.definition.needs) node.needs.push(byId.get(id)!);
  return nodes;
}

export function legOf(index: number, total: number, vector?: { [key: string]: Json }): Leg {
  return { index, total, vector, state: "idle", continueOnError: false };
}

/** Gives the job its legs, by its strategy. @throws where an expression cannot be evaluated */
export function expand(node: JobNode, expressions: Expressions, contexts: Contexts): void {
  const { strategy } = node.definition;
  if (strategy?.failFast) node.failFast = expressions.value(strategy.failFast, contexts) !== false;
  if (strategy?.maxParallel) node.maxParallel = Number(expressions.value(strategy.maxParallel, contexts)) || Number.POSITIVE_INFINITY;
  const vectors = strategy?.matrix ? expandMatrix(expressions.value(strategy.matrix, contexts)) : [undefined];
  node.legs = vectors.map((vector, index) => legOf(index, vectors.length, vector));
}

/** `strategy` of a job. */
export function strategyContext(node: JobNode, { index, total }: Leg): { [key: string]: Json } {
  const limit = Number.isFinite(node.maxParallel) ? node.maxParallel : total;
  return { "fail-fast": node.failFast, "job-index": index, "job-total": total, "max-parallel": limit };
}

/** `needs` of a job: those that it names, not theirs. */
export function needsContext({ needs }: JobNode): { [key: string]: Json } {
  return Object.fromEntries(needs.map((node) => [node.definition.id, { result: node.result ?? "", outputs: node.outputs }]));
}

/**
 * Functions of a job's condition. They are about all jobs before it, not only those that it names: a job that was skipped skips all that
 * come after it, unless their conditions say otherwise.
 */
export function statusFunctions(node: JobNode, isCanceled: boolean): Functions {
  const before = ancestorsOf(node);
  const named = (ids: string[]) => (ids.length === 0 ? before : before.filter(({ definition }) => ids.includes(definition.id)));
  return {
    always: () => true,
    cancelled: () => isCanceled,
    success: (...ids) => !isCanceled && named(ids).every(({ result }) => result === "success"),
    failure: (...ids) => !isCanceled && named(ids).some(({ result }) => result === "failure"),
  };
}

function ancestorsOf(node: JobNode): JobNode[] {
  const found = new Set<JobNode>();
  const visit = (one: JobNode) => {
    for (const need of one.needs) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(node);
  return [...found];
}

/** Of all legs: what other jobs see of it. */
export function resultOf(legs: readonly Leg[]): Outcome {
  return combined(legs.map(({ result, continueOnError }) => (result === "failure" && continueOnError ? "success" : result)));
}

export function combined(results: readonly (Outcome | undefined)[]): Outcome {
  if (results.includes("failure")) return "failure";
  if (results.includes("cancelled")) return "cancelled";
  return results.every((one) => one === "skipped") ? "skipped" : "success";
}
