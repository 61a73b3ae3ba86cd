import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { ScenarioContext } from "../../environment/scenario-context";
import { type DemandControl, demandControl } from "./demand-control";
import { launchTemplateChange } from "./config-overrides";
import { type GroupControl, groupControl } from "./group-control";
import { poolConfiguration } from "./pool-configuration";

/** What the pool's scenario works with. */
export interface PoolContext extends ScenarioContext {
  group: GroupControl;
  /** Configuration change that creates a new version of the launch template. */
  launchTemplateChange: Record<string, unknown>;
  /** Undefined if the stack's pool does not follow its queue. */
  demand?: DemandControl;
}

export function poolContext(environment: RehearsalEnvironment): PoolContext {
  const { context, aws, stack } = environment;
  const group = groupControl(aws.gateway, aws.autoscaling);
  return { ...context, group, launchTemplateChange: launchTemplateChange(poolConfiguration(stack)), demand: demandControl(environment) };
}
