import { workflowLibrary } from "./library";
import type { ConcurrencyDefinition, Defaults, JobDefinition, Permissions, WorkflowFile } from "./model";
import { readEvents } from "./parse-events";
import { readCondition, readSteps } from "./parse-steps";
import { Node } from "./tokens";
import { WorkflowError } from "./workflow-error";

const JOB_KEYS = ["name", "needs", "if", "permissions", "concurrency", "strategy"];
const OWN_KEYS = ["runs-on", "environment", "env", "defaults", "timeout-minutes", "continue-on-error", "outputs", "steps"];
const CALL_KEYS = ["uses", "with", "secrets"];

/**
 * Reads a workflow file by GitHub's own parser.
 *
 * @throws WorkflowError with all that GitHub refuses, and with each key that this stand-in would otherwise ignore
 */
export async function parseWorkflow(path: string, content: string): Promise<WorkflowFile> {
  const { parser } = workflowLibrary();
  const trace = { info: () => {}, verbose: () => {}, error: () => {} };
  const { context, value } = parser.parseWorkflow({ name: path, content }, trace);
  const problems = context.errors.getErrors().map(({ message }) => message);
  if (problems.length === 0 && value) {
    // What the schema cannot say: needs that form a cycle, ids, conditions.
    const { errors } = await parser.convertWorkflowTemplate(context, value);
    problems.push(...(errors ?? []).map(({ Message }) => Message));
  }
  if (problems.length > 0 || !value) throw new WorkflowError(path, problems.length > 0 ? problems : ["it is empty"]);
  const file = readWorkflow(new Node(value, "", problems), path);
  if (problems.length > 0) throw new WorkflowError(path, problems);
  return file;
}

function readWorkflow(root: Node, path: string): WorkflowFile {
  root.only("on", "name", "run-name", "permissions", "env", "defaults", "concurrency", "jobs");
  return {
    path,
    name: root.get("name")?.text ?? path,
    runName: root.get("run-name")?.template(),
    ...readEvents(root.get("on")!),
    permissions: readPermissions(root.get("permissions")),
    env: root.get("env")?.template(),
    defaults: readDefaults(root.get("defaults")),
    concurrency: readConcurrency(root.get("concurrency")),
    jobs: root
      .get("jobs")!
      .entries()
      .map(([id, job]) => readJob(id, job)),
  };
}

function readJob(id: string, job: Node): JobDefinition {
  const library = workflowLibrary();
  const template = (key: string) => job.get(key)?.template();
  const isCall = job.get("uses") !== undefined;
  job.only(...JOB_KEYS, ...(isCall ? CALL_KEYS : OWN_KEYS));
  const strategy = job.get("strategy")?.only("matrix", "fail-fast", "max-parallel");
  const common = {
    id,
    name: template("name"),
    needs: job.get("needs")?.texts() ?? [],
    if: readCondition(job.get("if"), library),
    permissions: readPermissions(job.get("permissions")),
    concurrency: readConcurrency(job.get("concurrency")),
    strategy: strategy && {
      matrix: strategy.get("matrix")?.template(),
      failFast: strategy.get("fail-fast")?.template(),
      maxParallel: strategy.get("max-parallel")?.template(),
    },
  };
  if (isCall) {
    const secrets = job.get("secrets");
    const work = { kind: "call" as const, reference: job.get("uses")!.text ?? "", with: template("with") };
    return { ...common, work: { ...work, secrets: secrets?.text === "inherit" ? "inherit" : secrets?.template() } };
  }
  const steps = job.get("steps");
  if (!steps) job.fault(`jobs.${id}: a job needs steps`);
  job.get("runs-on")?.only("labels");
  return {
    ...common,
    work: {
      kind: "steps",
      runsOn: template("runs-on")!,
      environment: template("environment"),
      env: template("env"),
      defaults: readDefaults(job.get("defaults")),
      timeoutMinutes: template("timeout-minutes"),
      continueOnError: template("continue-on-error"),
      outputs: template("outputs"),
      steps: steps ? readSteps(steps, library) : [],
    },
  };
}

function readDefaults(node: Node | undefined): Defaults {
  const run = node?.only("run").get("run")?.only("shell", "working-directory");
  return { shell: run?.get("shell")?.template(), workingDirectory: run?.get("working-directory")?.template() };
}

function readPermissions(node: Node | undefined): Permissions | undefined {
  if (!node) return undefined;
  if (node.isMapping) return Object.fromEntries(node.entries().map(([name, level]) => [name, level.text as "read"]));
  return node.text === "write-all" || node.text === "read-all" ? node.text : {};
}

function readConcurrency(node: Node | undefined): ConcurrencyDefinition | undefined {
  if (!node) return undefined;
  if (!node.isMapping) return { group: node.template(), queue: "single" };
  node.only("group", "cancel-in-progress", "queue");
  return {
    group: node.get("group")!.template(),
    cancelInProgress: node.get("cancel-in-progress")?.template(),
    queue: node.get("queue")?.text === "max" ? "max" : "single",
  };
}
