import type { RehearsalEnvironment } from "./rehearsal-environment";
import { join, resolve } from "node:path";
import { startAws } from "../aws";
import type { AccountParts } from "../aws/autoscaling";
import { createCertificates, servedNames } from "../aws/front/certificates";
import type { Cleanup } from "../cleanup";
import { type Clock, RealClock } from "../clock";
import { GitHub } from "../github";
import type { OpenedHosts } from "../hosts/systemd";
import { Random } from "../random";
import type { RehearsalOptions } from "../rehearsal-options";
import { buildRunnerArchive } from "../runner/archive";
import { Timeline } from "../timeline";
import { VirtualClock } from "../virtual-clock";
import { DeferredHostDriver } from "./deferred-host-driver";
import { openEngine } from "./engine";
import { githubAccess, grantAccess } from "./github-access";
import { hostnames } from "./hostnames";
import { jobControl } from "./job-control";
import { leftovers } from "./leftovers";
import { type MachineSystems, prepare, type Prepared } from "./preparation";
import { openProvider } from "./provider";
import type { ProxyRequirement, Scenario } from "./scenario";
import { simulatedMachines } from "./simulated-machines";
import { readStackConfiguration, type StackConfiguration } from "./stack-configuration";
import { WebhookTarget } from "./webhook-target";
import { systemdMachines, type SystemdMachineOptions } from "./systemd-machines";

/** The checkout that is rehearsed by default. */
export const PROJECT = resolve(__dirname, "../..");
const ACCOUNT_ID = "123456789012";

export interface EnvironmentOptions {
  scenario: Scenario;
  options: RehearsalOptions;
  /** Already resolved: `auto` is not accepted here. */
  hosts: "systemd" | "simulated";
  /** Prints a progress line. */
  say: (line: string) => void;
  /** Undoes whatever is started here. */
  cleanup: Cleanup;
  /** For tests that need other machines than the usual ones. */
  systems?: MachineSystems;
  /** For tests of another proxy than the stack's. */
  proxy?: ProxyRequirement;
  /** For tests with real machines in which the cloud's time is not theirs. */
  clock?: Clock;
}

/** Starts the stand-ins for one rehearsal. */
export async function openEnvironment(given: EnvironmentOptions): Promise<RehearsalEnvironment> {
  const { scenario, options, hosts, say, cleanup } = given;
  const stack = readStackConfiguration(PROJECT, scenario.stackDir(PROJECT, options.stack), options.stack);
  const required = scenario.requirements(stack, options);
  const prepared = await prepare(hosts, given.systems ?? required.systems ?? {}, say);
  cleanup.add(() => prepared.run.close());
  const standIns = await startStandIns(given, stack, prepared, required.account.images);
  const { clock, timeline, random, github, aws, driver, runner, githubHost } = standIns;
  const seeded = aws.secrets.names();

  const { dir } = prepared.run;
  const proxy = given.proxy ?? required.proxy;
  const inspecting = proxy?.inspect
    ? await createCertificates(join(dir, "proxy"), servedNames(stack.region, githubHost === undefined ? [] : [githubHost]))
    : undefined;
  const machines = await openMachines(driver, cleanup, {
    ...standIns,
    drain: options.drain,
    names: () => hostnames(aws, stack.region, githubHost, proxy),
    proxy: proxy && { names: proxy.names, inspect: inspecting },
    runnerArchive: runner,
    machines: prepared.machines,
    required,
    say,
  });
  const account = { region: stack.region, accountId: ACCOUNT_ID };
  const simulated = hosts === "simulated" ? required.invokeSimulated : undefined;
  const provider = await openProvider(aws, clock, { dir, ...account }, { ...required.account, secrets: seeded }, simulated);
  cleanup.add(() => provider.close());
  const engine = openEngine({
    located: prepared.engine,
    clock,
    stack: options.stack,
    stackDir: (projectDir) => scenario.stackDir(projectDir, options.stack),
    projectDir: PROJECT,
    workDir: join(dir, "engine"),
    socketPath: provider.socketPath,
    configOverrides: required.configOverrides(runner.sha256, inspecting?.ca),
  });
  cleanup.add(() => engine.stop());
  const { labels } = required;
  return {
    context: { options, clock, timeline, random, say, engine, jobs: jobControl(github, timeline, required) },
    hosts,
    stack,
    aws,
    github,
    labels,
    machines,
    proxy: machines?.gateway.proxy && { ...machines.gateway.proxy, authority: inspecting?.ca },
    hostLogs: () => aws.logs.byStream(),
    leftovers: () => leftovers(aws, github, seeded),
    deployFrom: (projectDir) => engine.deployFrom(projectDir),
  };
}

/** AWS and GitHub, on the clock that suits the hosts, with the stack's access to GitHub granted. */
async function startStandIns(
  { options, hosts, cleanup, clock = hosts === "systemd" ? new RealClock() : new VirtualClock() }: EnvironmentOptions,
  stack: StackConfiguration,
  { run }: Prepared,
  images: AccountParts["images"],
) {
  if (clock instanceof VirtualClock) cleanup.add(() => clock.close());
  const timeline = new Timeline(() => clock.now());
  const random = new Random(options.seed);
  const runner = await buildRunnerArchive({ dir: join(run.dir, "runner"), overrideDir: options.runnerDir });
  const webhookTarget = new WebhookTarget();
  const github = new GitHub(clock, timeline, {
    releaseFile: runner.file,
    wallNow: () => clock.now(),
    organization: (stack.get("githubOrganization") || stack.get("githubRepository")).split("/")[0],
    deliver: webhookTarget.deliver,
  });
  cleanup.add(() => github.close());
  const access = githubAccess(stack);
  const driver = new DeferredHostDriver();
  const aws = await startAws({
    clock,
    timeline,
    random,
    driver,
    region: stack.region,
    accountId: ACCOUNT_ID,
    workDir: join(run.dir, "aws"),
    githubHandler: github.handler,
    accountParts: { images },
    readDocument: (url) => github.document(url),
    githubHosts: access.host === undefined ? [] : [access.host],
  });
  cleanup.add(() => aws.close());
  webhookTarget.functionUrls = aws.functionUrls;
  grantAccess(github, aws.secrets, access);
  return { clock, timeline, random, runner, github, githubHost: access.host, driver, aws };
}

interface MachineOptions extends Omit<SystemdMachineOptions, "run" | "images" | "features"> {
  github: GitHub;
  drain: boolean;
  /** Absent: simulated hosts. */
  machines: Prepared["machines"];
}

async function openMachines(
  driver: DeferredHostDriver,
  cleanup: Cleanup,
  { machines, ...options }: MachineOptions,
): Promise<OpenedHosts | undefined> {
  if (machines) {
    const opened = await systemdMachines({ ...options, ...machines });
    cleanup.add(() => opened.close());
    driver.driver = opened.hosts;
    return opened;
  }
  const simulated = (options.required.simulatedHosts ?? simulatedMachines)(options);
  cleanup.add(() => simulated.close());
  driver.driver = simulated;
  return undefined;
}
