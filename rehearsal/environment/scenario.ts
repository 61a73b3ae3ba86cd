import type { HostDriver } from "../aws/host-driver";
import type { InvokeResult } from "../aws/lambda/runtime";
import type { Clock } from "../clock";
import type { AccountFacts } from "../provider/invokes";
import type { RehearsalOptions } from "../rehearsal-options";
import type { CommonToJobs } from "./job-control";
import type { MachineSystems } from "./preparation";
import type { RehearsalEnvironment } from "./rehearsal-environment";
import type { SimulatedMachineOptions } from "./simulated-machines";
import type { StackConfiguration } from "./stack-configuration";

/** A component's rehearsal: which stack is deployed, what its environment needs, and which steps it runs. */
export interface Scenario {
  /**
   * Folder of the scenario's `Pulumi.<stack>.yaml` in a checkout of this project.
   *
   * @throws UsageError when there is none.
   */
  stackDir(projectDir: string, stack: string): string;
  requirements(stack: StackConfiguration, options: RehearsalOptions): ScenarioRequirements;
  /** Runs from start to end, including `destroy`. A failure of the rehearsed code is a figure, not an error. */
  run(environment: RehearsalEnvironment): Promise<ScenarioResult>;
}

/** What a scenario needs from its environment, given its stack's configuration. */
export interface ScenarioRequirements extends CommonToJobs {
  /**
   * Configuration that replaces the stack's, by key.
   *
   * @param proxyAuthority PEM text; only with a proxy that inspects
   */
  configOverrides(runnerSha256: string, proxyAuthority?: string): Record<string, unknown>;
  /** What exists in the account before the program runs. */
  account: Partial<AccountFacts>;
  /** Where on the machine image the runner is installed; absent where the user data downloads it. */
  runnerOnImage?: string;
  /** Default: the usual machines. */
  systems?: MachineSystems;
  /** The proxy in the network of real machines. */
  proxy?: ProxyRequirement;
  /** Changes to the disk of each real machine before its first boot, below `root`. */
  customize?(root: string): void;
  /** Hosts without machines. Default: those of a pool. */
  simulatedHosts?(parts: SimulatedMachineOptions): HostDriver;
  /**
   * In place of one invocation by the engine, where hosts are simulated: time stands still while a function runs, so one that waits for
   * a machine would wait for ever.
   */
  invokeSimulated?: SimulatedInvocation;
}

/** @param invoke invokes the function once */
export type SimulatedInvocation = (
  event: unknown,
  invoke: (event: unknown) => Promise<InvokeResult>,
  clock: Clock,
) => Promise<InvokeResult>;

/** A forward proxy, by which alone machines reach GitHub. It listens at PROXY of rehearsal/hosts/network.ts. */
export interface ProxyRequirement {
  /** By which the stack's configuration calls it. */
  names: readonly string[];
  /** It ends TLS itself, with certificates of an authority of its own. */
  inspect?: boolean;
  /** AWS is reached by it alone, too. */
  aws?: boolean;
}

export interface ScenarioResult {
  /** Written unchanged to the `--json` file. */
  figures: { failures: string[] };
  /** The table to print. */
  summary: string;
  /** The report, a self-contained HTML page. */
  html: string;
}
