import type { AccountFacts } from "../provider/invokes";
import type { RehearsalOptions } from "../rehearsal-options";
import type { RehearsalEnvironment } from "./rehearsal-environment";
import type { StackConfiguration } from "./stack-configuration";

/** A component's rehearsal: which stack is deployed, what its environment needs, and what happens in it. */
export interface Scenario {
  /** Folder of the scenario's `Pulumi.<stack>.yaml` in a checkout of this project. */
  stackDir(projectDir: string): string;
  requirements(stack: StackConfiguration, options: RehearsalOptions): ScenarioRequirements;
  /** Start to end, `destroy` included. A failure of what is rehearsed is a figure, not an error. */
  run(environment: RehearsalEnvironment): Promise<ScenarioResult>;
}

/** What a scenario needs of its environment, as its stack is configured. */
export interface ScenarioRequirements {
  /** Labels that the scenario's jobs ask for. */
  labels: readonly string[];
  /** Configuration in place of the stack's own, by key. */
  configOverrides(runnerSha256: string): Record<string, unknown>;
  /** What stands in the account before the program runs. */
  account: Partial<AccountFacts>;
  /** Where on the machine image the runner is unpacked; absent where the user data downloads it. */
  runnerOnImage?: string;
  /** Changes to the disk of each real machine before its first boot, below `root`. */
  customize?(root: string): void;
}

export interface ScenarioResult {
  /** Written as is to the `--json` file. */
  figures: { failures: string[] };
  /** The table that is printed. */
  summary: string;
  /** The report, a page that needs nothing else. */
  html: string;
}
