/**
 * A persistent machine with a real systemd, and what it works with: the stand-ins for AWS with the policies of its role, and a runner
 * whose job is a script in its configuration. What starts it and gives it orders is the test.
 */
import assert from "node:assert/strict";
import { createReadStream, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deterministicTar } from "../../../build/tar";
import { sha256 } from "../../../components/shared/sha256";
import { cacheDevice, type PersistentHostConfig } from "../../../contract/persistent-runner/host";
import { LEASE_KEY, type Lease, leaseKey, runKey } from "../../../contract/persistent-runner/lease";
import { bootLabel } from "../../../contract/persistent-runner/names";
import type { BootOrder, PinnedObject } from "../../../contract/persistent-runner/order";
import { bundleEntries } from "../../../host-config/persistent-runner/bundle";
import { renderUserData } from "../../../host-config/persistent-runner/user-data";
import { type AwsStandIn, startAws } from "../../../rehearsal/aws";
import { Cleanup } from "../../../rehearsal/cleanup";
import { RealClock } from "../../../rehearsal/clock";
import { DeferredHostDriver } from "../../../rehearsal/environment/deferred-host-driver";
import { hostnames } from "../../../rehearsal/environment/hostnames";
import { cleanUpDeadRuns, openRun, openSystemdHosts } from "../../../rehearsal/hosts/systemd";
import type { SystemdHosts } from "../../../rehearsal/hosts/systemd/systemd-hosts";
import { Random } from "../../../rehearsal/random";
import { buildRunnerArchive } from "../../../rehearsal/runner/archive";
import { Timeline } from "../../../rehearsal/timeline";
import { CONFIG } from "../../host-config/persistent-runner/fixtures";
import { ACCOUNT, BUCKET, deployMachine, NAMES, REGION, ROLE, UNIQUE_ID } from "./account";
import { runnerFiles } from "./script-runner";

const OPERATOR = { kind: "operator" } as const;
export const VOLUME = "vol-0123456789abcdef0";

/** Of the run whose jobs the stand-in for the runner has. */
const HOLDER = runKey("acme/app", "1234", "1");
export const labelOf = (generation: number) => bootLabel(CONFIG.name, sha256(Buffer.from(`${generation}`)).slice(0, 12));

export interface MachineOptions {
  config?: Partial<PersistentHostConfig>;
  /** GiB of a cache volume. */
  volume?: number;
  image?: string;
}

export class PersistentMachine {
  /** Whose jobs alone the machine takes. */
  holder = HOLDER;
  private generation = 0;
  private powerOffs = 0;
  private archive!: { file: string; sha256: string };
  hosts!: SystemdHosts;
  aws!: AwsStandIn;
  instance!: string;
  readonly timeline = new Timeline(Date.now);
  private readonly cleanup = new Cleanup();
  private folder!: string;

  private constructor(private config: PersistentHostConfig) {}

  /** Launches the machine; its first boot waits for an order, unless there is one. */
  static async launch(
    { config = {}, volume, image }: MachineOptions,
    first?: (machine: PersistentMachine) => void,
  ): Promise<PersistentMachine> {
    // The disks of this computer are none of the machine's.
    const diskGate = { used: 99, freeSpace: 0 };
    const cache = { ...CONFIG.cache, ...(volume && { volumeId: VOLUME }) };
    const machine = new PersistentMachine({ ...CONFIG, leaseTable: NAMES.leaseTable, diskGate, cache, ...config });
    try {
      await machine.open(volume, image, first);
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  private async open(volume: number | undefined, image: string | undefined, first?: (machine: PersistentMachine) => void): Promise<void> {
    const { cleanup, timeline } = this;
    await cleanUpDeadRuns();
    const run = openRun();
    cleanup.add(() => run.close());
    this.folder = run.dir;
    const overrideDir = runnerFiles(join(run.dir, "override"));
    this.archive = await buildRunnerArchive({ dir: join(run.dir, "runner"), overrideDir });
    this.config = { ...this.config, runnerArchive: { url: "https://github.com/runner.tar.gz", sha256: this.archive.sha256 } };
    const clock = new RealClock();
    const driver = new DeferredHostDriver();
    this.aws = await startAws({
      clock,
      timeline,
      random: new Random(7),
      driver,
      region: REGION,
      accountId: ACCOUNT,
      workDir: join(run.dir, "aws"),
      githubHandler: (_request, response) => void createReadStream(this.archive.file).pipe(response),
    });
    cleanup.add(() => this.aws.close());
    deployMachine(this.aws.store);
    const opened = await openSystemdHosts({
      run,
      ...(image && { image }),
      clock,
      timeline,
      socket: this.aws.front.socketPath,
      certificatesDir: dirname(this.aws.front.caFile),
      hostnames: () => hostnames(this.aws, REGION, undefined).reached,
      onUnexpectedEnd: () => void this.powerOffs++,
      progress: (line) => console.log(`    ${line}`),
    });
    cleanup.add(() => opened.close());
    driver.driver = this.hosts = opened.hosts;
    const instance = this.aws.fleet.create({
      userData: renderUserData(this.config),
      instanceType: "m7i.large",
      subnetId: "subnet-1",
      availabilityZone: `${REGION}a`,
      tags: {},
      profile: { arn: `arn:aws:iam::${ACCOUNT}:instance-profile/${ROLE}`, roleName: ROLE },
      ...(volume && { volumes: [{ deviceName: cacheDevice(VOLUME), sizeGib: volume }] }),
    });
    this.instance = instance.id;
    first?.(this);
    await this.aws.fleet.powerOn(instance);
  }

  close(): Promise<void> {
    return this.cleanup.run();
  }

  /** Takes effect with the next order. */
  change(config: Partial<PersistentHostConfig>): void {
    this.config = { ...this.config, ...config };
  }

  /** As the control function does it before a start: the lease, then the order. */
  async order(purpose: BootOrder["purpose"], job?: string, phase: Lease["phase"] = "starting"): Promise<number> {
    const generation = ++this.generation;
    const item = { [LEASE_KEY]: leaseKey(CONFIG.name), phase, generation, holder: HOLDER, changedAt: Date.now() };
    await this.aws.gateway.call(OPERATOR, "dynamodb:PutItem", { TableName: NAMES.leaseTable, Item: attributes(item) });
    const order = {
      generation,
      purpose,
      bundle: this.put("tar", deterministicTar(bundleEntries())),
      configuration: this.put("json", JSON.stringify(this.config)),
      ...(purpose === "run" && { holder: this.holder, label: labelOf(generation) }),
      ...(job !== undefined && { jitConfiguration: Buffer.from(job).toString("base64") }),
      ...(this.config.registration === "service" && purpose === "run" && { registrationToken: "T0KEN" }),
    } as BootOrder;
    this.aws.secrets.seed({
      name: NAMES.orderSecret,
      value: JSON.stringify(order),
      tags: { "ci-runners:owner": `${UNIQUE_ID}:${this.instance}` },
    });
    return generation;
  }

  /** Has the setup script in the bucket, and in the configuration. */
  script(text: string): Pick<PersistentHostConfig, "script"> {
    const { key, sha256: digest } = this.put("setup", text);
    return { script: { key, sha256: digest } };
  }

  async lease(): Promise<Partial<Record<keyof Lease, string>>> {
    const request = { TableName: NAMES.leaseTable, Key: attributes({ [LEASE_KEY]: leaseKey(CONFIG.name) }) };
    const { Item = {} } = (await this.aws.gateway.call(OPERATOR, "dynamodb:GetItem", request)) as {
      Item?: Record<string, { S?: string; N?: string }>;
    };
    return Object.fromEntries(Object.entries(Item).map(([name, { S, N }]) => [name, S ?? N]));
  }

  /** Gives the order and starts the machine, which must be off. */
  async start(...order: Parameters<PersistentMachine["order"]>): Promise<void> {
    await this.order(...order);
    await this.hosts.start(this.instance);
  }

  /** Until the machine has switched itself off once more. */
  async off(seconds = 300): Promise<void> {
    const before = this.seen;
    await this.until("the machine to be off", () => this.powerOffs > before, seconds);
    this.seen = this.powerOffs;
  }
  private seen = 0;

  get orderExists(): boolean {
    return this.aws.secrets.names().includes(NAMES.orderSecret);
  }

  async sh(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.hosts.runCommand(this.instance, [script]);
    assert.equal(exitCode, 0, `${script}: ${stderr}`);
    return stdout.trim();
  }

  /** Whether a script succeeds; false while the machine does not answer. */
  async holds(script: string): Promise<boolean> {
    return this.hosts.runCommand(this.instance, [script]).then(
      ({ exitCode }) => exitCode === 0,
      () => false,
    );
  }

  console(): string {
    return this.hosts.console(this.instance);
  }

  /** Messages of root's programs on the machine, in their order. */
  logged(message: string): Record<string, unknown>[] {
    return this.timeline.events.flatMap((event) =>
      event.kind === "host-log" && event.message === message ? [event.fields as Record<string, unknown>] : [],
    );
  }

  async until(what: string, condition: () => boolean | Promise<boolean>, seconds = 300): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await condition())) {
      assert.ok(Date.now() < deadline, `not within ${seconds} s: ${what}\n${this.console().split("\n").slice(-25).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private put(ending: string, content: string | Buffer): PinnedObject {
    const digest = sha256(Buffer.from(content));
    const key = `host-bundles/${digest}.${ending}`;
    const file = join(this.folder, `${digest}.${ending}`);
    writeFileSync(file, content);
    const state = { bucket: BUCKET, key, file };
    this.aws.store.put({ type: "aws:s3/bucketObjectv2:BucketObjectv2", id: `${BUCKET}/${key}`, state });
    return { bucket: BUCKET, key, sha256: digest };
  }
}

function attributes(item: Record<string, string | number>): Record<string, { S: string } | { N: string }> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, typeof value === "number" ? { N: String(value) } : { S: value }]),
  );
}
