import type { FunctionKey } from "../../components/actions-runner-pool/function-settings";
import type { RefreshPreferences } from "../../contract/actions-runner-pool/instance-refresh";
import type { PoolNames } from "../../contract/actions-runner-pool/names";
import { POOL_DIMENSION } from "../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { deregister } from "../../functions/actions-runner-pool/deregister/deregister";
import { deregisterPorts } from "../../functions/actions-runner-pool/deregister/ports";
import { register } from "../../functions/actions-runner-pool/register/register";
import { registrationPorts } from "../../functions/actions-runner-pool/shared/registration-ports";
import { dispatchSweep } from "../../functions/actions-runner-pool/sweep/dispatch";
import { type SweepMemory, sweepPorts } from "../../functions/actions-runner-pool/sweep/aws-ports";
import { FailureMark } from "../../functions/actions-runner-pool/sweep/failure-mark";
import { RefreshWatch } from "../../functions/actions-runner-pool/sweep/refresh-watch";
import { Continuity } from "../../functions/actions-runner-pool/sweep/continuity";
import { VersionMemory } from "../../functions/actions-runner-pool/sweep/version-memory";
import type { AutoScaling, Ec2, S3, SecretsManager, SystemsManager } from "../../functions/shared/aws/clients";
import { readSecret } from "../../functions/shared/aws/read-secret";
import type { GitHubRunners } from "../../functions/shared/github/runners";
import type { Observer } from "../../functions/shared/lambda/observer";
import type { Clock } from "../clock";
import type { AwsGateway } from "../aws/gateway";
import type { MetricStore } from "../aws/cloudwatch/metrics";
import type { InvokeResult } from "../aws/lambda/runtime";
import type { Shape } from "../aws/api";
import { sdkClient } from "../aws/sdk-client";
import { withSdkRetries } from "../aws/sdk-retries";
import type { GitHub } from "../github";
import type { Random } from "../random";
import type { Timeline } from "../timeline";
import { gitHubClient } from "./github-client";
import { Invocation } from "./invocation";

/** Attempts of the functions' SDK clients. */
const ATTEMPTS = 3;

export interface FunctionSettings {
  pool: string;
  names: PoolNames;
  maxDrainSeconds: number;
  runnerVersion: string | undefined;
  hostRoleId: string;
  refreshPreferences: RefreshPreferences;
  organization: string;
  tokenSecret: string;
}

export interface FunctionsOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  gateway: AwsGateway;
  github: GitHub;
  metrics: MetricStore;
  /** Return the milliseconds that a call, or a function's start, takes. */
  latency: { aws(): number; github(): number; start(): number };
}

/** One log line of a function. */
export interface FunctionLog {
  functionName: string;
  level: "info" | "warn" | "error";
  message: string;
  fields?: Record<string, unknown>;
}

/** What one process of a function keeps between invocations. */
interface ProcessMemory {
  gitHub?: GitHubRunners;
  sweep: SweepMemory;
}

interface Deployed {
  seconds: number;
  run(event: unknown, invocation: Invocation, memory: ProcessMemory): Promise<unknown>;
}

/**
 * The pools' functions in this process: their real logic, on ports to the stand-ins. Replaces the runtime that runs each
 * bundle in a separate process; events, retries and dead letters still behave as in AWS.
 */
export class InProcessFunctions {
  private readonly deployed = new Map<string, Deployed>();
  /** Processes that wait for an invocation, by function. As in Lambda, each runs one at a time, and a burst starts more. */
  private readonly idle = new Map<string, ProcessMemory[]>();
  /** Called with every log line. */
  onLog: ((line: FunctionLog) => void) | undefined;

  /** Called with the kind of every request to GitHub's REST API. */
  onGitHubCall: ((what: string) => void) | undefined;

  constructor(private readonly options: FunctionsOptions) {}

  /**
   * Deploys the three functions of one pool.
   *
   * @param functions the component's settings of each, with the timeout in seconds
   */
  deploy(settings: FunctionSettings, functions: Readonly<Record<FunctionKey, { timeout: number }>>): void {
    const { names } = settings;
    this.deployed.set(names.registerFunction, { seconds: functions.register.timeout, run: this.registerFunction(settings) });
    this.deployed.set(names.deregisterFunction, { seconds: functions.deregister.timeout, run: this.deregisterFunction(settings) });
    this.deployed.set(names.sweepFunction, { seconds: functions.sweep.timeout, run: this.sweepFunction(settings) });
  }

  undeploy({ registerFunction, deregisterFunction, sweepFunction }: PoolNames): void {
    for (const name of [registerFunction, deregisterFunction, sweepFunction]) this.deployed.delete(name);
  }

  exists(functionName: string): boolean {
    return this.deployed.has(functionName);
  }

  /** Ends the function's idle processes: the next invocations are cold starts. */
  endProcess(functionName: string): void {
    this.idle.delete(functionName);
  }

  newRequestId(): string {
    return this.options.random.hex(32);
  }

  /** Does not reject if the function fails. */
  async invoke(functionName: string, event: unknown, requestId = this.newRequestId()): Promise<InvokeResult> {
    const deployed = this.deployed.get(functionName);
    if (!deployed) throw new Error(`function ${functionName} is not deployed`);
    const { clock, timeline, latency } = this.options;
    await clock.sleep(latency.start());
    const startedAt = clock.now();
    const invocation = new Invocation(clock);
    const idle = kept(this.idle, functionName, () => []);
    const memory = idle.pop() ?? newProcess();
    const outcome = await invocation.run(() => deployed.run(event, invocation, memory), requestId, deployed.seconds);
    // Lambda ends a process that ran into the timeout.
    if (!("error" in outcome && outcome.error.errorType === "Sandbox.Timedout")) idle.push(memory);
    timeline.record({
      kind: "function-run",
      name: functionName,
      requestId,
      outcome: "error" in outcome ? "error" : "ok",
      ms: clock.now() - startedAt,
      ...("error" in outcome ? { error: `${outcome.error.errorType}: ${outcome.error.errorMessage}` } : {}),
    });
    return { requestId, ...outcome };
  }

  private registerFunction(settings: FunctionSettings): Deployed["run"] {
    const { registerFunction } = settings.names;
    return (event, invocation, memory) => {
      const clients = this.clients(registerFunction, invocation);
      const gitHub = this.gitHubOf(settings, registerFunction, memory);
      const ports = registrationPorts(clients, gitHub, this.options.clock, () => ({ tags: {} }), memory.sweep.tokens);
      return register(event, ports, settings, this.observer(registerFunction, settings.pool));
    };
  }

  private deregisterFunction(settings: FunctionSettings): Deployed["run"] {
    const { names, pool } = settings;
    return (event, invocation, memory) => {
      const gitHub = this.gitHubOf(settings, names.deregisterFunction, memory);
      const ports = deregisterPorts(this.clients(names.deregisterFunction, invocation), gitHub, this.options.clock);
      return deregister(event, ports, { names }, this.observer(names.deregisterFunction, pool));
    };
  }

  private sweepFunction(settings: FunctionSettings): Deployed["run"] {
    const { sweepFunction } = settings.names;
    return (event, invocation, memory) => {
      const gitHub = this.gitHubOf(settings, sweepFunction, memory);
      const ports = sweepPorts(this.clients(sweepFunction, invocation), gitHub, this.options.clock, memory.sweep, () => ({ tags: {} }));
      return dispatchSweep(
        event,
        ports,
        { ...settings, maxDrainSeconds: () => settings.maxDrainSeconds, scheduled: () => settings },
        this.observer(sweepFunction, settings.pool),
      );
    };
  }

  /** Created at first use and kept with its credentials, as in a warm function. */
  private gitHubOf(settings: FunctionSettings, functionName: string, memory: ProcessMemory): () => GitHubRunners {
    const { clock, github, latency } = this.options;
    const readSecretOf = (secret: string) => readSecret(this.clients(functionName, new Invocation(clock)).secretsManager, secret);
    return () =>
      (memory.gitHub ??= gitHubClient({
        ...settings,
        clock,
        github,
        callMs: () => latency.github(),
        readSecret: readSecretOf,
        onCall: (what) => this.onGitHubCall?.(what),
      }));
  }

  /** The SDK clients of one invocation: calls that are pending when it ends never complete. */
  private clients(functionName: string, invocation: Invocation) {
    const { gateway, latency } = this.options;
    const principal = { kind: "function" as const, functionName, roleName: functionName };
    const call = (action: string, params: Shape) =>
      withSdkRetries(
        ATTEMPTS,
        () => invocation.call(latency.aws(), () => gateway.call(principal, action, params)),
        (ms) => invocation.sleep(ms),
      );
    return {
      autoScaling: sdkClient<AutoScaling>("autoscaling", call),
      ec2: sdkClient<Ec2>("ec2", call),
      s3: sdkClient<S3>("s3", call),
      secretsManager: sdkClient<SecretsManager>("secretsmanager", call),
      systemsManager: sdkClient<SystemsManager>("ssm", call),
    };
  }

  private observer(functionName: string, pool: string): Observer {
    const { clock, metrics } = this.options;
    const logAt = (level: FunctionLog["level"]) => (message: string, fields?: Record<string, unknown>) =>
      this.onLog?.({ functionName, level, message, ...(fields ? { fields } : {}) });
    return {
      log: { info: logAt("info"), warn: logAt("warn"), error: logAt("error") },
      count: (metric, value = 1) =>
        metrics.put({
          namespace: METRIC_NAMESPACE,
          name: metric,
          dimensions: { [POOL_DIMENSION]: pool },
          value,
          count: 1,
          at: clock.now(),
        }),
    };
  }
}

function newProcess(): ProcessMemory {
  return {
    sweep: {
      failureMark: new FailureMark(),
      silences: new Continuity(),
      uses: new Continuity(),
      refreshWatch: new RefreshWatch(),
      versions: new VersionMemory(),
      tokens: {},
      copiedConsoles: new Set(),
    },
  };
}

function kept<T>(memory: Map<string, T>, functionName: string, create: () => T): T {
  const value = memory.get(functionName) ?? create();
  memory.set(functionName, value);
  return value;
}
