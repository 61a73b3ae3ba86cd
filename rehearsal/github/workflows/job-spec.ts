import type { Contexts } from "../../runner/steps/expressions";
import type { JobPlan, Json } from "../../runner/steps/plan";
import type { Job, JobSpec } from "../jobs";
import type { SetScope } from "./called-workflow";
import type { JobNode, Leg } from "./job-node";
import type { LoadedWorkflow } from "./loaded";
import { suffixOf } from "./matrix";
import type { OwnWork } from "./model";
import { permissionsOf } from "./permissions";
import type { RunHost } from "./run-host";

const DEFAULT_TIMEOUT_MINUTES = 360;
/** Of a job on a machine of GitHub's, whatever the file says. */
const LONGEST_HOSTED_MINUTES = 360;

interface Parts {
  host: RunHost;
  loaded: LoadedWorkflow;
  scope: SetScope;
  node: JobNode;
  leg: Leg;
  work: OwnWork;
  contexts: Contexts;
  /** For its concurrency group. */
  waits: boolean;
}

/** What GitHub evaluates of a job before a runner gets it. @throws for a value that makes no job */
export function specOf(parts: Parts): { spec: JobSpec; continueOnError: boolean; timeoutMinutes: number } {
  const { host, loaded, scope, node, leg, work, contexts } = parts;
  const { expressions, event, run } = host;
  const labels = labelsOf(expressions.value(work.runsOn, contexts));
  const hosted = host.isHosted(labels);
  const environment = work.environment && environmentOf(expressions.value(work.environment, contexts));
  const settings = environment === undefined ? undefined : host.settings.environments?.[environment];
  const permissions = permissionsOf(loaded.file.permissions, node.definition.permissions, event.isFromFork === true, scope.most);
  const minutes = work.timeoutMinutes ? Number(expressions.value(work.timeoutMinutes, contexts)) : DEFAULT_TIMEOUT_MINUTES;
  if (!(minutes > 0)) throw new Error(`timeout-minutes of ${node.definition.id} must be a number greater than 0`);
  const continueOnError = work.continueOnError ? expressions.value(work.continueOnError, contexts) === true : false;
  const variables = { ...host.settings.variables, ...settings?.variables };
  const secrets = { ...scope.secrets, ...(event.isFromFork ? {} : settings?.secrets) };
  // Which of the two lets the job begin would depend on the order in which they come.
  if (parts.waits && settings?.reviewed)
    throw new Error(`${node.definition.id}: a reviewed environment with a concurrency group is not supported`);
  const functionAction = Object.entries(loaded.actions[node.definition.id] ?? {}).find(([, { kind }]) => kind === "function")?.[0];
  if (!hosted && functionAction !== undefined) {
    throw new Error(`uses: ${functionAction}: its stand-in is a function, which a self-hosted machine cannot call; give a tree instead`);
  }
  const plan = (job: Readonly<Job>): JobPlan => {
    const token = host.mintToken(permissions, job);
    const github = { ...(contexts.github as { [key: string]: Json }), job: node.definition.id, token };
    const all: Record<string, Json> = { ...secrets, GITHUB_TOKEN: token };
    const idToken = permissions["id-token"] === "write" ? host.idToken(job) : undefined;
    return {
      contexts: { ...contexts, github, vars: variables, secrets: all },
      env: [loaded.file.env, work.env].filter((one) => one !== undefined),
      defaults: { ...loaded.file.defaults, ...defined(work.defaults) },
      steps: work.steps,
      outputs: work.outputs,
      actions: loaded.actions[node.definition.id] ?? {},
      checkout: event.files,
      masks: [...Object.values(secrets), token, ...(idToken ? [idToken.token] : [])],
      idToken,
    };
  };
  const spec: JobSpec = {
    name: `${scope.prefix}${nameOf(node, leg, contexts, host)}`,
    labels,
    hosted,
    ...(!hosted && { seconds: host.simulatedSeconds(node.definition.id) }),
    repository: run.repository,
    workflow: run.workflow,
    plan,
    ...(permissions["id-token"] === "write" && {
      idToken: {
        event: event.name,
        ref: event.ref,
        sha: event.sha,
        headRef: event.headRef,
        baseRef: event.baseRef,
        isFromFork: event.isFromFork,
        actor: event.actor,
        workflowPath: run.file?.path,
        environment,
        reusable: scope.reusable,
      },
    }),
    ...((parts.waits || settings?.reviewed) && { begins: "waiting" as const }),
  };
  return { spec, continueOnError, timeoutMinutes: hosted ? Math.min(minutes, LONGEST_HOSTED_MINUTES) : minutes };
}

/** A name in the file is used as it is; GitHub adds the values of a matrix only to a name that the file does not give. */
export function nameOf(node: JobNode, leg: Leg, contexts: Contexts, host: RunHost): string {
  const { id, name } = node.definition;
  if (name) {
    try {
      const text = host.expressions.text(name, contexts);
      if (text !== "") return text;
    } catch {
      // Of a job that never ran, such as one whose matrix could not be evaluated.
    }
  }
  return leg.vector ? `${id} ${suffixOf(leg.vector)}` : id;
}

function labelsOf(value: Json): string[] {
  const given = value !== null && typeof value === "object" && !Array.isArray(value) ? (value.labels ?? null) : value;
  const labels = (Array.isArray(given) ? given : [given]).map((one) => (one === null ? "" : String(one)));
  if (labels.length === 0 || labels.some((label) => label === "")) throw new Error("runs-on: unexpected value ''");
  return labels;
}

function environmentOf(value: Json): string | undefined {
  const name = value !== null && typeof value === "object" && !Array.isArray(value) ? (value.name ?? null) : value;
  return name === null || name === "" ? undefined : String(name);
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
