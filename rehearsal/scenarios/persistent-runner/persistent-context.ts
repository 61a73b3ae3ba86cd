import { DEFAULTS } from "../../../components/persistent-runner/defaults";
import type { Run } from "../../github/jobs";
import type { WorkflowRepository } from "../../github/workflows/workflow-repository";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { ScenarioContext } from "../../environment/scenario-context";
import { type HostedJobs, hostedJobs } from "./hosted-jobs";
import { openRepository, publishActions } from "./repositories";
import { machineOf, repositoriesOf } from "./stack";
import { actionsWithoutLease, TABLE_WITHOUT_LEASE, workflowWithoutLease } from "./without-lease";

/** Seconds of a job on a simulated machine. */
const SIMULATED_JOB = 20;
/** Milliseconds until one of GitHub's machines takes a job. */
const HOSTED_START = 1_000;

/** What the steps of the scenario work with, once the machine is deployed. */
export interface PersistentContext extends ScenarioContext {
  environment: RehearsalEnvironment;
  /** Id of the instance. */
  machine: string;
  cacheVolume: string | undefined;
  /** Seconds. */
  idleStopTimeout: number;
  /** Two, whose workflows use the machine. */
  app: WorkflowRepository;
  tools: WorkflowRepository;
  hosted: HostedJobs;
  /** EC2's state of the machine. */
  power(): string | undefined;
}

/** Puts the rendered workflow into two repositories, and gives GitHub machines for its hosted jobs. */
export async function persistentContext(environment: RehearsalEnvironment): Promise<PersistentContext> {
  const { context, github, stack, aws } = environment;
  const { lease } = context.options;
  const outputs = await context.engine.outputs();
  const machine = String(outputs["instanceId"]);
  const given = machineOf(stack);
  const workflow = lease ? String(outputs["workflowYaml"]) : workflowWithoutLease(String(outputs["concurrencyGroup"]));
  const functions = lease ? {} : actionsWithoutLease(environment, given.persistentRunnerName, machine);
  const hosted = hostedJobs(environment, functions);
  context.say(`hosted jobs run in ${hosted.executor.isolation}`);
  github.workflows.use({
    executor: hosted.executor,
    actions: { "actions/checkout": "checkout", ...(lease ? {} : TABLE_WITHOUT_LEASE) },
    hostedStartMs: HOSTED_START,
    simulatedSeconds: () => SIMULATED_JOB,
  });
  publishActions(github, given.actions.repository);
  const [app, tools] = repositoriesOf(given).map((name) => openRepository(github, name, workflow));
  if (!app || !tools) throw new Error("the stack's subjects name fewer than two repositories");
  return {
    ...context,
    environment,
    machine,
    cacheVolume: outputs["cacheVolumeId"] === undefined ? undefined : String(outputs["cacheVolumeId"]),
    idleStopTimeout: given.idleStopTimeout ?? DEFAULTS.idleStopTimeout,
    app,
    tools,
    hosted,
    power: () => aws.fleet.get(machine)?.state,
  };
}

/** The job of the run on the machine, once it exists. */
export function machineJob(run: Readonly<Run>): Readonly<Run>["jobs"][number] | undefined {
  return run.jobs.find(({ spec, state }) => !spec.hosted && state !== "skipped");
}
