import type { Scenario } from "../environment/scenario";
import type { ScenarioName } from "../rehearsal-options";
import { poolScenario } from "./actions-runner-pool/scenario";
import { persistentScenario } from "./persistent-runner/scenario";

/** One scenario for each component that can be rehearsed. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = { pool: poolScenario, persistent: persistentScenario };
