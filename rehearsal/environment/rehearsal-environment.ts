import type { AwsStandIn } from "../aws";
import type { GitHub } from "../github";
import type { GatewayProxy } from "../hosts/network-gateway";
import type { OpenedHosts } from "../hosts/systemd";
import type { ScenarioContext } from "./scenario-context";
import type { StackConfiguration } from "./stack-configuration";

/** The environment of a rehearsal: AWS, GitHub, hosts, engine, and the context of its scenario. */
export interface RehearsalEnvironment {
  context: ScenarioContext;
  hosts: "systemd" | "simulated";
  stack: StackConfiguration;
  aws: AwsStandIn;
  github: GitHub;
  /** Labels of the runners, as in `runs-on`. */
  labels: readonly string[];
  /** Only with real machines. */
  machines?: OpenedHosts;
  /** Only with real machines of a stack with a proxy. */
  proxy?: GatewayProxy & {
    /** PEM text of its own authority, if it inspects TLS. */
    authority?: string;
  };
  /** Lines that hosts delivered to CloudWatch Logs, by instance; also of a log group that has been deleted. */
  hostLogs?(): ReadonlyMap<string, readonly string[]>;
  leftovers(): string[];
  /** Makes the engine deploy another checkout (another release) from now on, with that checkout's stack configuration. */
  deployFrom(projectDir: string): Promise<void>;
}
