import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { Scenario, ScenarioRequirements, ScenarioResult } from "../../environment/scenario";
import { TEAM_IMAGE } from "../../hosts/image-recipe";
import { SimulatedPersistentHosts } from "../../hosts/simulated/persistent/hosts";
import { cacheHits } from "./cache-hits";
import { type PersistentMeasurements, persistentFigures } from "./persistent-figures";
import { persistentReport } from "./persistent-report";
import { persistentSummary } from "./persistent-summary";
import { provisionInVirtualTime } from "./provisioning";
import { type PersistentOutcome, rehearse } from "./rehearse";
import { configOverrides, machineOf, stackDir } from "./stack";

/** PersistentRunner: workflows of two repositories use one machine by turns, which sleeps between them and keeps its caches. */
export const persistentScenario: Scenario = {
  stackDir,

  requirements(stack, options): ScenarioRequirements {
    machineOf(stack);
    return {
      // Each start has a label of its own, which its workflow learns.
      labels: [],
      configOverrides: (runnerSha256) => configOverrides(options, stack, runnerSha256),
      account: {},
      // With git, by which the workflow cleans its workspace, and what formats the cache volume.
      systems: TEAM_IMAGE,
      simulatedHosts: ({ aws, github, clock, timeline }) =>
        new SimulatedPersistentHosts({
          clock,
          timeline,
          github,
          call: (instanceId) => (action, params) => {
            const roleName = aws.fleet.get(instanceId)?.profile?.roleName ?? "";
            return aws.gateway.call({ kind: "instance", instanceId, roleName }, action, params);
          },
          poweredOff: (instanceId) => aws.power.poweredOff(instanceId),
        }),
      invokeSimulated: provisionInVirtualTime,
    };
  },

  async run(environment): Promise<ScenarioResult> {
    const outcome = await rehearse(environment);
    const figures = persistentFigures(measure(environment, outcome));
    const html = persistentReport(figures, environment.context.timeline.events, outcome.machine ?? "", jobName(environment, outcome));
    return { figures, summary: persistentSummary(figures), html };
  },
};

function measure({ context, hosts, aws, github, leftovers }: RehearsalEnvironment, outcome: PersistentOutcome): PersistentMeasurements {
  const { options, timeline } = context;
  const jobs = github.jobs();
  return {
    stack: options.stack,
    seed: options.seed,
    hosts,
    lease: options.lease,
    events: timeline.events,
    jobs,
    runs: outcome.runs.map(({ name, expected, run }) => ({ name, expected, conclusion: run.file?.conclusion })),
    leftRunning: outcome.leftRunning,
    cacheHits: cacheHits(jobs, timeline.events),
    apiCalls: aws.calls(),
    denied: aws.denied(),
    leftovers: leftovers(),
    cacheVolume: outcome.cacheVolume,
    engine: outcome.engine,
    errors: [...outcome.errors, ...aws.defects.map((defect) => `defect of the stand-in: ${defect.message}`)],
  };
}

/** Of the jobs on the machine, for their lane: the run, which has one. */
function jobName({ github }: RehearsalEnvironment, { runs }: PersistentOutcome): (job: string) => string | undefined {
  const names = new Map(
    github.jobs().flatMap(({ id, spec, run }) => {
      const name = spec.hosted ? undefined : runs.find((one) => one.run.id === run.id)?.name;
      return name === undefined ? [] : [[id, name] as const];
    }),
  );
  return (job) => names.get(job);
}
