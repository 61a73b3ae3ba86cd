import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { Scenario, ScenarioRequirements, ScenarioResult } from "../../environment/scenario";
import { configOverrides } from "./config-overrides";
import { demandFigures } from "./demand-figures";
import { accountWithImage } from "./machine-image";
import { poolConfiguration } from "./pool-configuration";
import { poolContext } from "./pool-context";
import { poolFigures, terminateHookOf } from "./pool-figures";
import { poolReport } from "./pool-report";
import { poolSummary } from "./pool-summary";
import { reportProgress } from "./progress";
import { rehearse } from "./rehearse";
import { withoutDrain } from "./without-drain";

/** ActionsRunnerPool: jobs run while the pool is scaled in, changed and destroyed. */
export const poolScenario: Scenario = {
  /** The stacks that promotion deploys, so that the rehearsal covers what is deployed to production. */
  stackDir: (projectDir) => projectDir,

  requirements(stack, options): ScenarioRequirements {
    const pool = poolConfiguration(stack);
    return {
      labels: pool.labels,
      configOverrides: (runnerSha256) => configOverrides(options, pool, runnerSha256),
      account: accountWithImage(pool),
      ...(pool.runnerVersion !== undefined ? {} : { runnerOnImage: PATHS.runner }),
      ...(options.drain ? {} : { customize: withoutDrain }),
    };
  },

  async run(environment): Promise<ScenarioResult> {
    const { context, stop } = reportProgress(poolContext(environment));
    const outcome = await rehearse(context).finally(stop);
    const figures = measure(environment, outcome);
    return { figures, summary: poolSummary(figures), html: poolReport(figures, context.timeline.events) };
  },
};

function measure({ context, hosts, aws, leftovers }: RehearsalEnvironment, outcome: Awaited<ReturnType<typeof rehearse>>) {
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
    ...outcome,
    demand: outcome.demand && demandFigures(outcome.demand, timeline.events, aws.cloudwatch.metrics.all()),
    errors: [...outcome.errors, ...aws.defects.map((defect) => `defect of the stand-in: ${defect.message}`)],
  });
}
