import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { Scenario, ScenarioRequirements, ScenarioResult } from "../../environment/scenario";
import { DockerMode } from "../../../components/shared/host-args/docker";
import { findStackDir } from "../../environment/stack-configuration";
import { configOverrides } from "./config-overrides";
import { demandFigures } from "./demand-figures";
import { containerCommand } from "./job-containers";
import { accountWithImage } from "./machine-image";
import { poolConfiguration } from "./pool-configuration";
import { poolContext } from "./pool-context";
import { poolFigures, terminateHookOf } from "./pool-figures";
import { poolMachines } from "./pool-machines";
import { poolReport } from "./pool-report";
import { poolSummary } from "./pool-summary";
import { reportProgress } from "./progress";
import { type PoolOutcome, rehearse } from "./rehearse";
import { teamEvidence } from "./team-evidence";
import type { TeamFigures } from "./team-figures";
import { withoutDrain } from "./without-drain";

/** ActionsRunnerPool: jobs run while the pool is scaled in, changed and destroyed. */
export const poolScenario: Scenario = {
  /** The stacks that promotion deploys, so that the rehearsal covers what is deployed to production; and those of examples. */
  stackDir: findStackDir,

  requirements(stack, options): ScenarioRequirements {
    const pool = poolConfiguration(stack);
    return {
      labels: pool.labels,
      configOverrides: (runnerSha256, proxyAuthority) => configOverrides(options, pool, runnerSha256, proxyAuthority),
      account: accountWithImage(pool),
      ...(pool.runnerVersion !== undefined ? {} : { runnerOnImage: PATHS.runner }),
      systems: poolMachines(pool),
      ...(pool.docker === DockerMode.Rootless ? { command: containerCommand } : {}),
      // One that inspects TLS asks more of hosts than one that does not.
      ...(pool.proxyHost === undefined ? {} : { proxy: { names: [pool.proxyHost], inspect: true, aws: pool.awsByProxy } }),
      ...(options.drain ? {} : { customize: withoutDrain }),
    };
  },

  async run(environment): Promise<ScenarioResult> {
    const { context, stop } = reportProgress(poolContext(environment));
    const evidence = teamEvidence(environment);
    const outcome = await rehearse(context).finally(stop);
    const figures = measure(environment, outcome, await evidence());
    return { figures, summary: poolSummary(figures), html: poolReport(figures, context.timeline.events) };
  },
};

function measure({ context, hosts, aws, leftovers }: RehearsalEnvironment, outcome: PoolOutcome, team: TeamFigures) {
  const { options, timeline } = context;
  return poolFigures({
    stack: options.stack,
    seed: options.seed,
    hosts,
    drain: options.drain,
    events: timeline.events,
    terminateHook: terminateHookOf(timeline.events),
    apiCalls: aws.calls(),
    denied: aws.denied(),
    leftovers: leftovers(),
    team,
    ...outcome,
    demand: outcome.demand && demandFigures(outcome.demand, timeline.events, aws.cloudwatch.metrics.all()),
    errors: [...outcome.errors, ...aws.defects.map((defect) => `defect of the stand-in: ${defect.message}`)],
  });
}
