import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock";
import type { HostDriver } from "./host-driver";
import type { Random } from "../random";
import type { Timeline } from "../timeline";
import { AutoScaling, type AutoScalingOptions, DeployedResolver } from "./autoscaling";
import { CloudDoor, type Denial } from "./gateway";
import type { AlarmReport } from "./cloudwatch/alarms";
import { CloudWatch } from "./cloudwatch/cloudwatch";
import { Credentials } from "./credentials";
import { Ec2, Fleet, publicParameters } from "./ec2";
import { EventBus } from "./events/bus";
import { Queues } from "./events/queues";
import type { Faults } from "./api-faults";
import { type CertificateFiles, createCertificates, servedNames } from "./front/certificates";
import { createFront, GITHUB_HOSTS, type HttpHandler } from "./front/front-handler";
import { openServers } from "./front/servers";
import { Iam, type UnusedGrant } from "./iam/iam";
import { createImds, ImdsFaults, type ImdsRequest, type ImdsResponse } from "./imds";
import { AsyncInvoker } from "./lambda/async";
import { LambdaRuntime } from "./lambda/runtime";
import { S3 } from "./s3/s3";
import { SecretsManager } from "./secrets/secrets-manager";
import { Agents } from "./ssm/agents";
import { SystemsManager } from "./ssm/systems-manager";
import { MemoryStore } from "./store";
import { createWireHandler } from "./wire/wire-handler";

export interface CloudOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  driver: HostDriver;
  region: string;
  accountId: string;
  /** Absolute and short (a socket lies in it); made when missing. */
  workDir: string;
  githubHandler: HttpHandler;
  /** Besides github.com and its kin: the host of an Enterprise Server, as in `GITHUB_API_URL`. */
  githubHosts?: readonly string[];
  /** Names or addresses that the certificate must cover besides. */
  extraNames?: readonly string[];
  autoscaling?: Pick<AutoScalingOptions, "delays" | "terminateHookAfterAbandonedLaunch" | "clearProtectionWhileTerminating">;
  /** First two octets of the instances' addresses. Default 10.64. */
  network?: { first: number; second: number };
  /** Run Command: ms from launch to a registered agent (default 10 000), and ms from call to host (400-1200). */
  ssm?: { registrationMs?: number; delivery?: { min: number; max: number } };
  /** Told of defects of the stand-in or of deployed things that it cannot evaluate. Default: kept in `defects`. */
  onDefect?: (error: unknown) => void;
}

export interface Front extends CertificateFiles {
  socketPath: string;
  tlsPort: number;
  httpPort: number;
}

export interface RunningCloud {
  cloud: CloudDoor;
  store: MemoryStore;
  iam: Iam;
  autoscaling: AutoScaling;
  ec2: Ec2;
  fleet: Fleet;
  bus: EventBus;
  lambda: LambdaRuntime;
  async: AsyncInvoker;
  secrets: SecretsManager;
  queues: Queues;
  cloudwatch: CloudWatch;
  credentials: Credentials;
  faults: Faults;
  imds: (request: ImdsRequest) => ImdsResponse;
  imdsFaults: ImdsFaults;
  ssm: SystemsManager;
  front: Front;
  calls(): Record<string, Record<string, number>>;
  denied(): Denial[];
  unusedGrants(): UnusedGrant[];
  alarms(): AlarmReport[];
  /** What went wrong in the stand-in itself; not empty means that the rehearsal is not to be trusted. */
  defects: Error[];
  /** Ends processes and listeners. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts the whole stand-in for AWS: services, credentials, event bus, function runtime and listeners. */
export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  const { clock, timeline, random, driver, region, accountId, workDir, ssm = {} } = options;
  const account = { region, accountId };
  const defects: Error[] = [];
  const onDefect = (error: unknown): void => {
    defects.push(error instanceof Error ? error : new Error(String(error)));
    options.onDefect?.(error);
  };
  await mkdir(workDir, { recursive: true });
  const githubHosts = [...GITHUB_HOSTS, ...(options.githubHosts ?? [])];
  const names = servedNames(region, [...(options.githubHosts ?? []), ...(options.extraNames ?? [])]);
  const certificates = await createCertificates(join(workDir, "tls"), names);

  const store = new MemoryStore();
  const iam = new Iam(store, account);
  const cloud = new CloudDoor({ clock, timeline, iam });
  const credentials = new Credentials(clock, random, iam);
  const cloudwatch = new CloudWatch(clock, store);
  const queues = new Queues(store, iam, clock, cloudwatch.metrics);
  const secrets = new SecretsManager(clock, random, account);
  const fleet = new Fleet({ clock, random, driver, ...(options.network ? { network: options.network } : {}) });
  const refused = (denial: Denial): void => cloud.recordDenial(denial);
  const agents = new Agents({ clock, iam, account, instances: fleet, registrationMs: ssm.registrationMs ?? 10_000, refused });

  let bus: EventBus | undefined;
  const autoscaling = new AutoScaling({
    ...options.autoscaling,
    clock,
    random,
    timeline,
    fleet,
    account,
    resolver: new DeployedResolver(store, account),
    publish: (event) => bus?.put(event),
  });
  const ec2 = new Ec2({ fleet, account });
  const systemsManager = new SystemsManager({
    clock,
    timeline,
    random,
    account,
    store,
    driver,
    publicParameters,
    instances: fleet,
    agentOnline: (id) => agents.online(id),
    ...(ssm.delivery ? { delivery: ssm.delivery } : {}),
  });
  cloud.register(autoscaling, ec2, secrets, systemsManager, new S3(store, iam), cloudwatch, queues);

  const imdsFaults = new ImdsFaults();
  const imds = createImds({
    clock,
    random,
    fleet,
    account,
    faults: imdsFaults,
    targetState: (id) => autoscaling.targetState(id),
    issue: (principal) => credentials.issue(principal),
  });
  const wire = createWireHandler({ cloud, credentials, clock, region, onDefect });
  const front = createFront({ wire, imds, github: options.githubHandler, githubHosts, now: () => clock.now() });
  const servers = await openServers(front, certificates, join(workDir, "front.sock"));

  const route = { port: servers.tlsPort, hosts: ["*.amazonaws.com", ...githubHosts], caFile: certificates.caFile };
  const lambda = new LambdaRuntime({
    clock,
    timeline,
    random,
    account,
    store,
    door: cloud,
    credentials,
    metrics: cloudwatch.metrics,
    route,
    workDir,
  });
  const async = new AsyncInvoker({ clock, store, runtime: lambda, door: cloud, onDefect });
  bus = new EventBus({ clock, random, store, account, queues, refused, onDefect, invoke: (name, event) => async.invoke(name, event) });

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    autoscaling.close();
    bus?.close();
    systemsManager.close();
    // First no new tries, then an end to what runs: a killed function must not be tried again.
    const settled = async.close();
    await lambda.close();
    await settled;
    await servers.close();
  };
  const { caFile, certFile, keyFile } = certificates;
  const { socketPath, tlsPort, httpPort } = servers;
  return {
    cloud,
    store,
    iam,
    autoscaling,
    ec2,
    fleet,
    bus,
    lambda,
    async,
    secrets,
    queues,
    cloudwatch,
    credentials,
    imds,
    imdsFaults,
    defects,
    ssm: systemsManager,
    faults: cloud.faults,
    front: { socketPath, tlsPort, httpPort, caFile, certFile, keyFile },
    calls: () => cloud.calls(),
    denied: () => cloud.denied(),
    unusedGrants: () => iam.unusedGrants(),
    alarms: () => cloudwatch.alarms(),
    close: () => (closing ??= close()),
  };
}
