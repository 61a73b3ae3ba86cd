import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import { type EnvironmentOptions, openEnvironment } from "../../environment/environment";
import { type PoolContext, poolContext } from "./pool-context";
import { poolScenario } from "./scenario";

export interface PoolEnvironment extends RehearsalEnvironment {
  context: PoolContext;
}

/** Opens a pool's environment for tests that do something other than the scenario. */
export async function openPoolEnvironment(options: Omit<EnvironmentOptions, "scenario">): Promise<PoolEnvironment> {
  const environment = await openEnvironment({ ...options, scenario: poolScenario });
  return { ...environment, context: poolContext(environment) };
}
