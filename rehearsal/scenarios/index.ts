import type { Scenario } from "../environment/scenario";
import { poolScenario } from "./actions-runner-pool/scenario";

/** One scenario for each component that can be rehearsed. */
export const SCENARIOS = { pool: poolScenario } satisfies Record<string, Scenario>;

export const DEFAULT_SCENARIO: keyof typeof SCENARIOS = "pool";
