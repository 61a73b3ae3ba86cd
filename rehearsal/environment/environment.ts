import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { x as extract } from "tar";
import { FOLLOWS_MAIN } from "../../contract/shared/release";
import type { Cleanup } from "../cleanup";
import { startCloud, type RunningCloud } from "../aws";
import { instanceTypes } from "../aws/ec2/catalogue";
import { type Clock, RealClock } from "../clock";
import { locate } from "../engine/locate";
import { openStack } from "../engine/engine";
import { GitHub } from "../github";
import { GITHUB_HOSTS } from "../github/github-options";
import { machineCacheDir, machineImage } from "../hosts/image";
import { cleanUpDeadRuns, openRun, type OpenedHosts, type Run } from "../hosts/systemd";
import type { Options } from "../rehearsal-options";
import { ProviderBackend } from "../provider/backend";
import { serveProvider } from "../provider/server";
import { Random } from "../random";
import { buildRunnerArchive } from "../runner/archive";
import type { Stage } from "../scenarios/actions-runner-pool/context";
import { Timeline } from "../timeline";
import { VirtualClock, flow } from "../virtual-clock";
import { controlPlane } from "./control-plane";
import { groupControl, jobControl } from "./job-control";
import { Engine } from "./engine-controller";
import { admit } from "./github-secrets";
import { LateDriver, simulatedHosts, systemdHosts } from "./hosts";
import { leftovers } from "./leftovers";
import { type StackFacts, stackFacts } from "./stack-configuration";

/** The checkout that is rehearsed unless another one is named. */
export const PROJECT = resolve(__dirname, "../..");
const ACCOUNT = "123456789012";

/** Everything that a rehearsal runs in: clouds, hosts, engine, and the stage for the scenario. */
export interface World {
  stage: Stage;
  cloud: RunningCloud;
  github: GitHub;
  /** Labels of the pool's runners, as `runs-on` names them. */
  labels: readonly string[];
  /** Only with real machines. */
  machines?: OpenedHosts;
  leftovers(): string[];
  /** What the engine deploys from now on: another release's checkout, with the same stack's configuration in it. */
  deployFrom(projectDir: string): Promise<void>;
}

/** Stands up the stand-ins for one rehearsal; whatever it starts, the clean-up ends. `hosts` is decided by now. */
export async function openWorld(
  options: Options,
  hosts: "systemd" | "simulated",
  say: (line: string) => void,
  cleanup: Cleanup,
  /** Debian packages that the machines have besides the usual ones; for who compares something with them. */
  packages: readonly string[] = [],
): Promise<World> {
  const facts = stackFacts(PROJECT, options.stack);
  // Both take minutes on a machine that has neither, and wait for different things: one compiles, one downloads.
  const preparing = hosts === "systemd" ? machineImage({ packages, progress: say }) : undefined;
  const [located, image] = await bothEnded(locate({ progress: say }), preparing);
  if (hosts === "systemd") await cleanUpDeadRuns();
  const run = hosts === "systemd" ? openRun() : plainRun();
  cleanup.add(() => run.close());

  const clock: Clock = hosts === "systemd" ? new RealClock() : new VirtualClock();
  if (clock instanceof VirtualClock) cleanup.add(() => clock.close());
  const timeline = new Timeline(() => clock.now());
  const random = new Random(options.seed);
  const archive = await buildRunnerArchive({ cacheDir: join(machineCacheDir(), "../runner"), overrideDir: options.runnerDir });
  const github = new GitHub(clock, timeline, { releaseFile: archive.file, wallNow: () => clock.now() });
  cleanup.add(() => github.close());

  const driver = new LateDriver();
  const cloud = await startCloud({
    clock,
    timeline,
    random,
    driver,
    region: facts.region,
    accountId: ACCOUNT,
    workDir: join(run.dir, "cloud"),
    githubHandler: github.handler,
    githubHosts: facts.githubHost === undefined ? [] : [facts.githubHost],
  });
  cleanup.add(() => cloud.close());
  admit(github, cloud.secrets, facts);
  const seeded = cloud.secrets.names();

  const parts = { cloud, github, clock, timeline, drain: options.drain };
  let machines: OpenedHosts | undefined;
  if (hosts === "simulated") {
    const simulated = simulatedHosts(parts);
    cleanup.add(() => simulated.close());
    driver.driver = simulated;
  } else {
    const opened = (machines = await systemdHosts({
      ...parts,
      run: run as Run,
      image: image as string,
      hostnames: () => hostnames(cloud, facts),
      runnerOnImage: facts.downloadsRunner ? undefined : (root) => unpack(archive.file, root),
      say,
    }));
    cleanup.add(() => opened.close());
    driver.driver = opened.hosts;
  }

  const provider = await serveProvider(
    new ProviderBackend({
      store: cloud.store,
      autoscaling: controlPlane(cloud.cloud),
      filesDir: join(run.dir, "files"),
      sleep: (ms) => flow(clock, () => clock.sleep(ms)),
      now: () => clock.now(),
      account: { region: facts.region, accountId: ACCOUNT },
      invoke: (functionName, payload) => flow(clock, () => cloud.lambda.invoke(functionName, payload)),
      facts: { secrets: seeded, ...imageFacts(facts) },
    }),
    join(run.dir, "provider.sock"),
  );
  cleanup.add(() => provider.close());

  const overrides = configOverrides(options, facts, archive.sha256);
  const engine = new Engine({
    version: located.version,
    clock,
    change: { rootVolumeSize: facts.rootVolumeSize + 1 },
    open: (change, projectDir = PROJECT) =>
      openStack({
        stack: options.stack,
        projectDir,
        workDir: join(run.dir, "engine"),
        socketPath: provider.socketPath,
        pulumi: located.command,
        configOverrides: { ...overrides, ...change },
      }),
  });
  cleanup.add(() => engine.stop());
  const stage: Stage = {
    options,
    clock,
    timeline,
    random,
    say,
    engine,
    group: groupControl(cloud.cloud, cloud.autoscaling),
    jobs: jobControl(github, timeline, facts.labels),
  };
  return {
    stage,
    cloud,
    github,
    labels: facts.labels,
    machines,
    leftovers: () => leftovers(cloud, github, seeded),
    deployFrom: (projectDir) => engine.deployFrom(projectDir),
  };
}

/**
 * The stack's configuration is rehearsed as it stands, but for what cannot be real here: the checksum of the runner,
 * which is our stand-in, sizes that the command line asks for, and the pin: what is rehearsed is the code at hand.
 */
function configOverrides(options: Options, facts: StackFacts, runnerSha256: string): Record<string, unknown> {
  return {
    release: FOLLOWS_MAIN,
    desiredCapacity: options.instances,
    // A scale-in needs room below, a refresh above.
    minSize: Math.min(facts.minSize, Math.max(options.instances - 1, 0)),
    maxSize: Math.max(facts.maxSize, options.instances + 1),
    // One spare, whatever the stack prepares: a laptop is smaller than a Region.
    warmPool: facts.warmPoolState && { state: facts.warmPoolState, minSize: 1, maxPreparedCapacity: 1 },
    runnerSha256: facts.downloadsRunner ? runnerSha256 : undefined,
  };
}

/** An image of the organization's own, as its builder would have published it. */
function imageFacts({ imageParameter, instanceType }: StackFacts) {
  if (imageParameter === undefined) return {};
  const architecture = instanceTypes.get(instanceType)?.architecture ?? "x86_64";
  const image = "ami-0c1a2b3d4e5f60718";
  return {
    parameters: { [imageParameter]: image },
    images: { [image]: { architecture, rootDeviceName: "/dev/sda1" } },
  };
}

/** Names that machines resolve to the rehearsal. A hosts file knows no wildcards, so buckets are named one by one. */
function hostnames(cloud: RunningCloud, facts: StackFacts): string[] {
  const domain = `${facts.region}.amazonaws.com`;
  return [
    ...["autoscaling", "secretsmanager", "ssm", "monitoring", "s3", "sts"].map((service) => `${service}.${domain}`),
    ...cloud.store.list("aws:s3/bucket:Bucket").map(({ state }) => `${state.bucket}.s3.${domain}`),
    ...GITHUB_HOSTS,
    ...(facts.githubHost === undefined ? [] : [facts.githubHost]),
  ];
}

function unpack(archive: string, root: string): void {
  mkdirSync(root, { recursive: true });
  // Links of the stand-in point to the Node of the image, by absolute path.
  extract({ file: archive, cwd: root, sync: true, preservePaths: true });
}

/** Waits for both even if one fails: what goes on in the background would outlive the error's message. */
async function bothEnded<A, B>(first: Promise<A>, second: Promise<B> | undefined): Promise<[A, B | undefined]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return [one.value, other.value];
}

/** Without machines a run is a folder. */
function plainRun(): Pick<Run, "dir" | "close"> {
  const dir = mkdtempSync(join(tmpdir(), "cir-"));
  return { dir, close: async () => rmSync(dir, { recursive: true, force: true }) };
}
