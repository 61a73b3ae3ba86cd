import type { Contexts } from "../../runner/steps/expressions";
import type { Outcome } from "../../runner/steps/plan";
import type { Job } from "../jobs";
import { outputsOfCall, scopeOfCall, type SetScope } from "./called-workflow";
import {
  combined,
  expand,
  type JobNode,
  type Leg,
  legOf,
  needsContext,
  nodesOf,
  resultOf,
  statusFunctions,
  strategyContext,
} from "./job-node";
import { nameOf, specOf } from "./job-spec";
import type { LoadedWorkflow } from "./loaded";
import type { CallWork, ConcurrencyDefinition } from "./model";
import { permissionsOf } from "./permissions";
import type { RunHost } from "./run-host";

/** The jobs of one workflow file in one attempt: each begins when those that it needs have ended and its condition holds. */
export class JobSet {
  readonly nodes: JobNode[];
  private isDone = false;

  constructor(
    private readonly host: RunHost,
    readonly loaded: LoadedWorkflow,
    readonly scope: SetScope,
    private readonly onDone: () => void,
  ) {
    this.nodes = nodesOf(loaded.file.jobs);
  }

  /** Begins whatever can begin now. */
  advance(): void {
    for (const node of this.nodes) {
      if (node.state === "blocked" && node.needs.every(({ state }) => state === "done")) this.decide(node);
    }
    if (this.isDone || this.nodes.some(({ state }) => state !== "done")) return;
    this.isDone = true;
    this.onDone();
  }

  /** In a new attempt: jobs that were taken over in part begin with the rest. */
  resume(): void {
    for (const node of this.nodes) if (node.state === "active") this.startLegs(node);
    this.advance();
  }

  get result(): Outcome {
    return combined(this.nodes.map(({ result }) => result));
  }

  /** Of a called workflow. */
  outputs(): Record<string, string> {
    return outputsOfCall({ host: this.host, called: this.loaded, inputs: this.scope.inputs, nodes: this.nodes });
  }

  /** The job of the queue has ended. Returns whether it was one of these. */
  ended(job: Job): boolean {
    for (const node of this.nodes) {
      for (const leg of node.legs) {
        if (leg.set?.ended(job)) return true;
        if (leg.job !== job || leg.state === "done") continue;
        this.end(node, leg, job.conclusion ?? "failure", job.outputs ?? {});
        return true;
      }
    }
    return false;
  }

  legOf(job: Job): Leg | undefined {
    for (const { legs } of this.nodes) {
      for (const leg of legs) {
        const found = leg.job === job ? leg : leg.set?.legOf(job);
        if (found) return found;
      }
    }
    return undefined;
  }

  /**
   * The run is canceled: conditions are evaluated once more, and a job whose condition still holds continues.
   *
   * @param force ends everything, whatever the conditions
   */
  cancel(reason: string, force: boolean): void {
    for (const node of this.nodes) {
      if (node.state !== "active") continue;
      const continues = !force && this.holds(node);
      for (const leg of [...node.legs]) this.cancelLeg(node, leg, reason, force, continues);
    }
    this.advance();
  }

  private cancelLeg(node: JobNode, leg: Leg, reason: string, force: boolean, continues: boolean): void {
    if (leg.state === "done") return;
    // The condition of a calling job is about its call; the jobs that it called have their own.
    if (leg.set) return leg.set.cancel(reason, force);
    if (continues) return;
    if (leg.job && force) this.host.terminate(leg.job, reason);
    else if (leg.job) this.host.cancelJob(leg.job);
    else this.neverRun(node, leg, "cancelled", reason);
  }

  private contexts(node: JobNode): Contexts {
    const { github, settings } = this.host;
    return { github, inputs: this.scope.inputs, vars: settings.variables ?? {}, needs: needsContext(node) };
  }

  private holds(node: JobNode): boolean {
    const functions = statusFunctions(node, this.host.isCanceled);
    try {
      return this.host.expressions.condition(node.definition.if, this.contexts(node), functions);
    } catch {
      return false;
    }
  }

  private decide(node: JobNode): void {
    node.state = "active";
    const { expressions, isCanceled } = this.host;
    try {
      if (!expressions.condition(node.definition.if, this.contexts(node), statusFunctions(node, isCanceled))) {
        node.legs = [legOf(0, 1)];
        return this.neverRun(node, node.legs[0]!, "skipped", "skipped by its condition");
      }
      expand(node, expressions, this.contexts(node));
    } catch (error) {
      node.legs = [legOf(0, 1)];
      return this.neverRun(node, node.legs[0]!, "failure", messageOf(error));
    }
    this.startLegs(node);
  }

  private startLegs(node: JobNode): void {
    for (const leg of node.legs) {
      if (node.legs.filter(({ state }) => state === "active").length >= node.maxParallel) return;
      if (leg.state === "idle") this.start(node, leg);
    }
  }

  private start(node: JobNode, leg: Leg): void {
    leg.state = "active";
    const { concurrency } = node.definition;
    try {
      if (concurrency) this.claim(node, leg, concurrency);
      else this.begin(node, leg, false);
    } catch (error) {
      this.neverRun(node, leg, "failure", messageOf(error));
    }
  }

  /** The job waits for its group as GitHub shows it: it exists, and is not runnable. */
  private claim(node: JobNode, leg: Leg, concurrency: ConcurrencyDefinition): void {
    const { expressions, groups, group: own } = this.host;
    const contexts = this.legContexts(node, leg);
    const group = expressions.text(concurrency.group, contexts);
    if (own !== undefined && own.toLowerCase() === group.toLowerCase()) {
      const reason = `Canceling since a deadlock for concurrency group '${group}' was detected between 'top level workflow' and '${node.definition.id}'`;
      return this.host.cancelRun(reason);
    }
    const claim = {
      begin: () => {
        if (leg.job) return this.host.approve(leg.job);
        // The caller may be another run, which releases the group: the fault is this job's.
        try {
          this.begin(node, leg, false);
        } catch (error) {
          this.neverRun(node, leg, "failure", messageOf(error));
        }
      },
      cancel: (reason: string) => {
        if (leg.set) leg.set.cancel(reason, false);
        else if (leg.job) this.host.cancelJob(leg.job);
        else this.neverRun(node, leg, "cancelled", reason);
      },
    };
    leg.claim = { group, claim };
    const cancelInProgress = concurrency.cancelInProgress ? expressions.value(concurrency.cancelInProgress, contexts) === true : false;
    groups.claim(group, claim, { cancelInProgress, queue: concurrency.queue });
    if (groups.holder(group) !== claim && leg.state === "active" && node.definition.work.kind === "steps") this.begin(node, leg, true);
  }

  /** @param waits for its concurrency group */
  private begin(node: JobNode, leg: Leg, waits: boolean): void {
    const { work } = node.definition;
    if (work.kind === "call") return this.call(node, leg, work);
    const contexts = this.legContexts(node, leg);
    const planned = specOf({ host: this.host, loaded: this.loaded, scope: this.scope, node, leg, work, contexts, waits });
    leg.continueOnError = planned.continueOnError;
    leg.timeoutMinutes = planned.timeoutMinutes;
    this.host.queue(planned.spec, (job) => (leg.job = job));
  }

  private call(node: JobNode, leg: Leg, work: CallWork): void {
    const { expressions } = this.host;
    const called = this.loaded.calls[work.reference]!;
    const contexts = this.legContexts(node, leg);
    const { file } = this.loaded;
    const most = permissionsOf(file.permissions, node.definition.permissions, this.host.event.isFromFork === true, this.scope.most);
    const name = nameOf(node, leg, contexts, this.host);
    const scope = scopeOfCall({ work, called, contexts, name, own: this.scope, most }, expressions);
    const set = new JobSet(this.host, called, scope, () => {
      let outputs: Record<string, string> = {};
      try {
        outputs = set.outputs();
      } catch (error) {
        this.host.report(`${scope.prefix}outputs: ${messageOf(error)}`);
        return this.end(node, leg, "failure", {});
      }
      this.end(node, leg, set.result, outputs);
    });
    leg.set = set;
    set.advance();
  }

  private legContexts(node: JobNode, leg: Leg): Contexts {
    return { ...this.contexts(node), matrix: leg.vector ?? null, strategy: strategyContext(node, leg) };
  }

  /** A job that GitHub lists although no runner ever gets it. */
  private neverRun(node: JobNode, leg: Leg, result: Exclude<Outcome, "success">, reason: string): void {
    leg.state = "active";
    const contexts = this.legContexts(node, leg);
    const name = `${this.scope.prefix}${nameOf(node, leg, contexts, this.host)}`;
    const spec = { name, labels: [], repository: this.host.run.repository, workflow: this.host.run.workflow };
    if (result === "skipped") return this.host.queue({ ...spec, begins: "skipped" }, (job) => (leg.job = job));
    this.host.queue({ ...spec, begins: "waiting" }, (job) => (leg.job = job));
    this.host.terminate(leg.job!, reason, result === "failure" ? "failed" : "canceled");
  }

  private end(node: JobNode, leg: Leg, result: Outcome, outputs: Record<string, string>): void {
    leg.state = "done";
    leg.result = result;
    // Of a matrix, the last leg that sets an output decides.
    for (const [name, value] of Object.entries(outputs)) if (value !== "" || !(name in node.outputs)) node.outputs[name] = value;
    if (result === "failure" && !leg.continueOnError && node.failFast) this.failFast(node);
    if (node.legs.every(({ state }) => state === "done")) {
      node.state = "done";
      node.result = resultOf(node.legs);
    } else this.startLegs(node);
    this.advance();
    // Last: it begins another job, maybe another run's.
    const { claim } = leg;
    if (claim) this.host.groups.release(claim.group, claim.claim);
  }

  private failFast(node: JobNode): void {
    for (const leg of [...node.legs]) {
      if (leg.state !== "done")
        this.cancelLeg(node, leg, "The strategy configuration was canceled because another job of it failed", false, false);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
