import { TIMING } from "../../contract/actions-runner-pool/timing";
import type { PoolNames } from "../../contract/actions-runner-pool/names";
import { POOL_DIMENSION } from "../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { deregister } from "../../functions/actions-runner-pool/deregister/deregister";
import { deregisterPorts } from "../../functions/actions-runner-pool/deregister/ports";
import { register } from "../../functions/actions-runner-pool/register/register";
import { registrationPorts } from "../../functions/actions-runner-pool/shared/registration-ports";
import { dispatchSweep } from "../../functions/actions-runner-pool/sweep/dispatch";
import { sweepPorts } from "../../functions/actions-runner-pool/sweep/aws-ports";
import type { AutoScaling, SecretsManager, SystemsManager } from "../../functions/shared/aws/clients";
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

/** The functions' clients make so many attempts. */
const ATTEMPTS = 3;

export interface FunctionSettings {
  pool: string;
  names: PoolNames;
  maxDrainSeconds: number;
  hostRoleId: string;
  organization: string;
  tokenSecret: string;
}

export interface FunctionsOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  door: AwsGateway;
  github: GitHub;
  metrics: MetricStore;
  /** Milliseconds that calls take, and a start of a function. */
  latency: { aws(): number; github(): number; start(): number };
}

/** What a function says of its work, for whoever wants to know. */
export interface FunctionLog {
  functionName: string;
  level: "info" | "warn" | "error";
  message: string;
  fields?: Record<string, unknown>;
}

interface Deployed {
  seconds: number;
  run(event: unknown, invocation: Invocation): Promise<unknown>;
}

/**
 * The pools' functions in this very process: the real logic, on ports over the stand-ins. It takes the place of the
 * runtime that runs bundles in processes of their own, so that events, retries and dead letters are those of AWS.
 */
export class InProcessFunctions {
  private readonly deployed = new Map<string, Deployed>();
  /** What a function's process keeps from one invocation to the next. */
  private readonly gitHubs = new Map<string, GitHubRunners>();
  /** Told of every line; absent: nobody listens. */
  onLog: ((line: FunctionLog) => void) | undefined;

  /** Told of every request to GitHub's REST API, by its kind. */
  onGitHubCall: ((what: string) => void) | undefined;

  constructor(private readonly options: FunctionsOptions) {}

  /** The three functions of one pool. Timeouts as the component sets them, in seconds. */
  deploy(settings: FunctionSettings): void {
    const { names } = settings;
    this.deployed.set(names.registerFunction, { seconds: TIMING.eventFunctionTimeout, run: this.registerFunction(settings) });
    this.deployed.set(names.deregisterFunction, { seconds: TIMING.eventFunctionTimeout, run: this.deregisterFunction(settings) });
    this.deployed.set(names.sweepFunction, { seconds: TIMING.sweepTimeout, run: this.sweepFunction(settings) });
  }

  undeploy({ registerFunction, deregisterFunction, sweepFunction }: PoolNames): void {
    for (const name of [registerFunction, deregisterFunction, sweepFunction]) this.deployed.delete(name);
  }

  exists(functionName: string): boolean {
    return this.deployed.has(functionName);
  }

  /** The function's process ends, as after a crash or a timeout: the next invocation begins with nothing kept. */
  endProcess(functionName: string): void {
    this.gitHubs.delete(functionName);
  }

  newRequestId(): string {
    return this.options.random.hex(32);
  }

  /** Never rejects for a failing function. */
  async invoke(functionName: string, event: unknown, requestId = this.newRequestId()): Promise<InvokeResult> {
    const deployed = this.deployed.get(functionName);
    if (!deployed) throw new Error(`function ${functionName} is not deployed`);
    const { clock, timeline, latency } = this.options;
    await clock.sleep(latency.start());
    const begun = clock.now();
    const invocation = new Invocation(clock);
    const outcome = await invocation.run(() => deployed.run(event, invocation), requestId, deployed.seconds);
    if ("error" in outcome && outcome.error.errorType === "Sandbox.Timedout") this.endProcess(functionName);
    timeline.record({
      kind: "function-run",
      name: functionName,
      requestId,
      outcome: "error" in outcome ? "error" : "ok",
      ms: clock.now() - begun,
      ...("error" in outcome ? { error: `${outcome.error.errorType}: ${outcome.error.errorMessage}` } : {}),
    });
    return { requestId, ...outcome };
  }

  private registerFunction(settings: FunctionSettings): Deployed["run"] {
    const { registerFunction } = settings.names;
    const gitHub = this.gitHubOf(settings, registerFunction);
    return (event, invocation) => {
      const ports = registrationPorts(this.clients(registerFunction, invocation), gitHub, this.options.clock);
      return register(event, ports, settings, this.observer(registerFunction, settings.pool));
    };
  }

  private deregisterFunction(settings: FunctionSettings): Deployed["run"] {
    const { names, pool } = settings;
    const gitHub = this.gitHubOf(settings, names.deregisterFunction);
    return (event, invocation) => {
      const ports = deregisterPorts(this.clients(names.deregisterFunction, invocation), gitHub, this.options.clock);
      return deregister(event, ports, { names }, this.observer(names.deregisterFunction, pool));
    };
  }

  private sweepFunction(settings: FunctionSettings): Deployed["run"] {
    const { sweepFunction } = settings.names;
    const gitHub = this.gitHubOf(settings, sweepFunction);
    return (event, invocation) => {
      const ports = sweepPorts(this.clients(sweepFunction, invocation), gitHub, this.options.clock);
      return dispatchSweep(event, ports, { ...settings, scheduled: () => settings }, this.observer(sweepFunction, settings.pool));
    };
  }

  /** Made at its first use and kept: with it live the credentials, as in a warm function. */
  private gitHubOf(settings: FunctionSettings, functionName: string): () => GitHubRunners {
    const { clock, github, latency } = this.options;
    const read = (secret: string) => readSecret(this.clients(functionName, new Invocation(clock)).secretsManager, secret);
    return () => {
      const client =
        this.gitHubs.get(functionName) ??
        gitHubClient({
          ...settings,
          clock,
          github,
          callMs: () => latency.github(),
          readSecret: read,
          onCall: (what) => this.onGitHubCall?.(what),
        });
      this.gitHubs.set(functionName, client);
      return client;
    };
  }

  /** The SDK's clients of one invocation: what it still has under way when it is over never comes back. */
  private clients(functionName: string, invocation: Invocation) {
    const { door, latency } = this.options;
    const principal = { kind: "function" as const, functionName, roleName: functionName };
    const call = (action: string, params: Shape) =>
      withSdkRetries(
        ATTEMPTS,
        () => invocation.call(latency.aws(), () => door.call(principal, action, params)),
        (ms) => invocation.sleep(ms),
      );
    return {
      autoScaling: sdkClient<AutoScaling>("autoscaling", call),
      secretsManager: sdkClient<SecretsManager>("secretsmanager", call),
      systemsManager: sdkClient<SystemsManager>("ssm", call),
    };
  }

  private observer(functionName: string, pool: string): Observer {
    const { clock, metrics } = this.options;
    const say = (level: FunctionLog["level"]) => (message: string, fields?: Record<string, unknown>) =>
      this.onLog?.({ functionName, level, message, ...(fields ? { fields } : {}) });
    return {
      log: { info: say("info"), warn: say("warn"), error: say("error") },
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
