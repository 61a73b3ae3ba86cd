import type { AwsStandIn } from "../aws";
import type { GitHub } from "../github";
import type { OpenedHosts } from "../hosts/systemd";
import type { ScenarioContext } from "./scenario-context";
import type { StackConfiguration } from "./stack-configuration";

/** Everything that a rehearsal runs in: AWS, GitHub, hosts, engine, and the context that its scenario acts upon. */
export interface RehearsalEnvironment {
  context: ScenarioContext;
  hosts: "systemd" | "simulated";
  stack: StackConfiguration;
  aws: AwsStandIn;
  github: GitHub;
  /** Labels of the runners, as `runs-on` names them. */
  labels: readonly string[];
  /** Only with real machines. */
  machines?: OpenedHosts;
  leftovers(): string[];
  /** What the engine deploys from now on: another release's checkout, with the same stack's configuration in it. */
  deployFrom(projectDir: string): Promise<void>;
}
