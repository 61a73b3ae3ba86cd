import { AutoScaling, type Delays } from "../aws/autoscaling";
import type { Authorisation, Principal } from "../aws/api";
import { AwsGateway } from "../aws/gateway";
import { CloudWatch } from "../aws/cloudwatch/cloudwatch";
import { createEc2, Fleet } from "../aws/ec2";
import { EventBus } from "../aws/events/bus";
import { Queues } from "../aws/events/queues";
import type { AwsFaults } from "../aws/api-faults";
import { type Decision, Iam } from "../aws/iam/iam";
import { KmsKeys } from "../aws/kms/keys";
import { AsyncInvoker } from "../aws/lambda/async";
import { SecretsManager } from "../aws/secrets/secrets-manager";
import { SystemsManager } from "../aws/ssm/systems-manager";
import { MemoryStore } from "../aws/store";
import { GitHub, type GitHubOptions } from "../github";
import type { SimulatedHostEnvironment } from "../hosts/simulated/environment";
import { SimulatedHosts } from "../hosts/simulated/hosts";
import { type RunnerTiming, DEFAULT_RUNNER_TIMING } from "../hosts/simulated/runner-timing";
import { Random } from "../random";
import { Timeline } from "../timeline";
import { VirtualClock } from "../virtual-clock";
import { InProcessFunctions } from "./functions";
import { type Latencies, USUAL_LATENCIES, draw } from "./latency";
import { Metadata } from "./metadata";
import { Pool } from "./pool";
import type { PoolOptions } from "./pool-options";
import { type RunCommandFaults, unreliable } from "./run-command-faults";

const ACCOUNT = { region: "eu-central-1", accountId: "123456789012" };
const ORGANIZATION = "acme";
const TOKEN = "ghp_simulation";
const TOKEN_SECRET = "github-token";
/** Minimum milliseconds of boot. Up to a second more, in steps of 1/1024, keeps the polls of different hosts apart. */
const BOOT = 8_000;
/** Milliseconds from launch to a registered SSM agent. */
const SSM_REGISTRATION = 10_000;

export interface SimulatedEnvironmentOptions {
  seed?: number;
  github?: Partial<GitHubOptions>;
  delays?: Partial<Delays>;
  /** As in AutoScalingOptions. */
  terminateCallWithReuse?: "terminate" | "return";
  latencies?: Partial<Latencies>;
  /** False: the control experiment, with units without ExecStop. */
  drain?: boolean;
  /** False: events reach listeners only. Default true. */
  keepTimeline?: boolean;
  /** True: renewals of job locks are computed instead of made each minute; then no GitHub fault affects a renewal. */
  renewOnDemand?: boolean;
  /** False: hosts also make polls that find nothing new. Gives the same events at many times the cost. */
  skipIdle?: boolean;
  /** Replaces the drain's ports, for tests that must detect a broken drain. */
  alterDrain?: SimulatedHostEnvironment["alterDrain"];
}

/**
 * Pools on the stand-ins, without the engine, machines or child processes: Auto Scaling, events, Lambda's retries,
 * Secrets Manager, Run Command, GitHub, hosts that run the agent's own decision code and the functions' own logic, all in
 * this process and on one virtual clock. The whole lifetime of a pool with one instance takes milliseconds.
 *
 * IAM policies are not evaluated here, except that a secret without tags is denied to hosts: the rehearsal with the real
 * program does that.
 */
export class SimulatedEnvironment {
  readonly clock = new VirtualClock({ promisesOnly: true });
  readonly timeline: Timeline;
  readonly random: Random;
  readonly github: GitHub;
  readonly gateway: AwsGateway;
  readonly autoscaling: AutoScaling;
  readonly fleet: Fleet;
  readonly secrets: SecretsManager;
  readonly cloudwatch: CloudWatch;
  readonly queues: Queues;
  readonly bus: EventBus;
  readonly async: AsyncInvoker;
  readonly functions: InProcessFunctions;
  readonly hosts: SimulatedHosts;
  readonly store = new MemoryStore();
  /** Faults of Run Command: agents offline, deliveries late or duplicated. */
  readonly ssm: RunCommandFaults = { offline: new Set(), delivery: { min: 400, max: 1200 }, copies: () => 1 };
  readonly metadata: Metadata;
  readonly latencies: Latencies;
  /** Durations of the official runner's steps, on every host. */
  /** Of the image from which instances launch from now on. */
  readonly image = { full: false };
  readonly timing: RunnerTiming = { ...DEFAULT_RUNNER_TIMING };
  /** Errors of the stand-ins themselves; unless empty, no result can be trusted. */
  readonly defects: unknown[] = [];
  private readonly commands: SystemsManager;

  constructor(options: SimulatedEnvironmentOptions = {}) {
    const { clock, store } = this;
    const timeline = (this.timeline = new Timeline(() => clock.now(), options.keepTimeline ?? true));
    const random = (this.random = new Random(options.seed ?? 1));
    // Copied; otherwise a change of one span would affect every other environment.
    this.latencies = structuredClone({ ...USUAL_LATENCIES, ...options.latencies });
    this.github = new GitHub(clock, timeline, { wallNow: () => clock.now(), ...options.github });
    this.github.registerToken(TOKEN, [ORGANIZATION]);
    const iam = new AllowAllIam(store, ACCOUNT);
    this.gateway = new AwsGateway({ clock, timeline, iam });
    this.cloudwatch = new CloudWatch(clock, store);
    const keys = new KmsKeys(store, iam, ACCOUNT);
    this.queues = new Queues(store, iam, keys, clock, this.cloudwatch.metrics);
    this.secrets = new SecretsManager(clock, random, ACCOUNT, keys);
    this.secrets.seed({ name: TOKEN_SECRET, value: TOKEN });
    this.hosts = new SimulatedHosts((instanceId) => this.hostEnvironment(instanceId, options));
    this.fleet = new Fleet({ clock, random, driver: this.hosts });
    this.autoscaling = new AutoScaling({
      clock,
      random,
      timeline,
      account: ACCOUNT,
      fleet: this.fleet,
      ...(options.delays ? { delays: options.delays } : {}),
      ...(options.terminateCallWithReuse ? { terminateCallWithReuse: options.terminateCallWithReuse } : {}),
      publish: (event) => this.bus.put(event),
    });
    this.metadata = new Metadata(
      clock,
      (instanceId, path) => (path === "autoscaling/target-lifecycle-state" ? this.autoscaling.targetState(instanceId) : undefined),
      (instanceId) => this.hosts.inputsChanged(instanceId),
    );
    const { targetState: lag = 0 } = options.delays ?? {};
    timeline.subscribe((event) => {
      if (event.kind !== "instance-state") return;
      if (lag === 0) this.hosts.inputsChanged(event.instance);
      else clock.after(lag, () => this.hosts.inputsChanged(event.instance));
    });
    this.commands = new SystemsManager({
      clock,
      timeline,
      random,
      store,
      account: ACCOUNT,
      driver: unreliable(this.hosts, clock, this.ssm),
      instances: this.fleet,
      agentOnline: (id) => this.agentOnline(id),
      publicParameters: new Map(),
      delivery: this.ssm.delivery,
    });
    const { ec2 } = createEc2({ fleet: this.fleet, clock, random, timeline, driver: this.hosts, account: ACCOUNT, store, keys });
    this.gateway.register(this.autoscaling, ec2, this.secrets, this.commands, this.cloudwatch, this.queues);
    this.functions = new InProcessFunctions({
      clock,
      timeline,
      random,
      gateway: this.gateway,
      github: this.github,
      metrics: this.cloudwatch.metrics,
      latency: {
        aws: () => draw(random, this.latencies.aws),
        github: () => draw(random, this.latencies.github),
        start: () => draw(random, this.latencies.start),
      },
    });
    const onDefect = (error: unknown) => void this.defects.push(error);
    this.async = new AsyncInvoker({ clock, store, gateway: this.gateway, runtime: this.functions, onDefect });
    this.bus = new EventBus({
      clock,
      random,
      store,
      onDefect,
      account: ACCOUNT,
      queues: this.queues,
      metrics: this.cloudwatch.metrics,
      refused: (denial) => void this.defects.push(denial),
      invoke: (name, event) => this.async.invoke(name, event),
    });
  }

  /** Injected faults of calls to AWS. */
  get faults(): AwsFaults {
    return this.gateway.faults;
  }

  /** Deploys a pool, whose instances then start to launch. Pool names must be unique. */
  addPool(options: PoolOptions = {}): Pool {
    return new Pool(this, { account: ACCOUNT, organization: ORGANIZATION, tokenSecret: TOKEN_SECRET }, options);
  }

  /** Advances time. */
  run(seconds: number): Promise<void> {
    return this.clock.sleep(seconds * 1000);
  }

  /** Advances time until the condition holds, checking every `everySeconds`. Returns false if it does not within `seconds`. */
  async until(condition: () => boolean, seconds: number, everySeconds = 1): Promise<boolean> {
    const end = this.clock.now() + seconds * 1000;
    while (!condition()) {
      if (this.clock.now() >= end) return false;
      await this.clock.sleep(everySeconds * 1000);
    }
    return true;
  }

  /** Stops everything. The environment must not be used afterwards. */
  async close(): Promise<void> {
    this.autoscaling.close();
    this.bus.close();
    this.commands.close();
    this.github.close();
    this.clock.close();
    await this.hosts.close();
  }

  private hostEnvironment(
    instanceId: string,
    { drain = true, skipIdle = true, renewOnDemand = false, alterDrain }: SimulatedEnvironmentOptions,
  ): SimulatedHostEnvironment {
    const { clock, timeline, github, timing } = this;
    const principal = { kind: "instance" as const, instanceId, roleName: "host" };
    return {
      clock,
      timeline,
      github,
      drain,
      timing,
      fullImage: this.image.full,
      renewOnDemand,
      bootMs: BOOT + (Number.parseInt(instanceId.slice(-8), 16) % 1_024_000) / 1024,
      ...(alterDrain ? { alterDrain } : {}),
      ...(skipIdle ? { skipIdle: { metadataSteady: () => this.metadata.steady(instanceId) } } : {}),
      call: (action, params) => this.gateway.call(principal, action, params),
      callMs: () => draw(this.random, this.latencies.host),
      metadata: (path) => this.metadata.get(instanceId, path),
    };
  }

  private agentOnline(id: string): boolean {
    const instance = this.fleet.get(id);
    if (instance?.state !== "running" || this.ssm.offline.has(id)) return false;
    return this.clock.now() - instance.launchedAt >= SSM_REGISTRATION;
  }
}

/** Allows everything but what a host asks of a secret that does not exist: its policy depends on the secret's tag. */
class AllowAllIam extends Iam {
  override allowsAll(principal: Principal, action: string): boolean {
    return principal.kind !== "instance" || !action.startsWith("secretsmanager:");
  }

  override authorise(_principal: Principal, action: string, { missing, resource }: Authorisation): Decision {
    if (missing !== true) return { allowed: true };
    return { allowed: false, message: `not authorized to perform: ${action} on resource: ${resource}`, resourceMissing: true };
  }

  override resourcePolicyAllows(): boolean {
    return true;
  }
}
