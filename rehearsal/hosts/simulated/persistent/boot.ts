import { randomUUID } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { FORCE_OFF_AFTER, type PersistentHostConfig, PERSISTENT_LOG } from "../../../../contract/persistent-runner/host";
import type { BootOrder, PinnedObject } from "../../../../contract/persistent-runner/order";
import { PERSISTENT_TIMING } from "../../../../contract/persistent-runner/timing";
import { sha256 } from "../../../../components/shared/sha256";
import { boot } from "../../../../host-config/persistent-runner/agent/boot";
import { ended } from "../../../../host-config/persistent-runner/agent/ended";
import { checkIdle, type IdleState } from "../../../../host-config/persistent-runner/agent/idle";
import { leaseWrites } from "../../../../host-config/persistent-runner/agent/lease";
import { foreignJob } from "../../../../host-config/persistent-runner/agent/foreign-job";
import { reportForeignJob } from "../../../../host-config/persistent-runner/agent/report";
import { parseOrder } from "../../../../host-config/persistent-runner/agent/order";
import type { Log, LogFields } from "../../../../host-config/shared/ports/log";
import { SDK_ATTEMPTS } from "../../../../host-config/shared/sdk-bounds";
import type { Shape } from "../../../aws/api";
import { sdkClient } from "../../../aws/sdk-client";
import { withSdkRetries } from "../../../aws/sdk-retries";
import type { Clock, Timer } from "../../../clock";
import type { GitHub } from "../../../github";
import type { Timeline } from "../../../timeline";
import { VirtualClock } from "../../../virtual-clock";
import type { InstanceCall } from "../aws-clients";
import { bootPorts } from "./boot-ports";
import type { PersistentDisk } from "./disk";
import type { FirstDayFacts } from "./first-day";
import { JobRunner } from "./job-runner";

/** Milliseconds from power-on to the boot script. */
const KERNEL = 8_000;
/** Milliseconds between two requests for the order. */
const ORDER_INTERVAL = 2_000;
/** Milliseconds of an orderly power-off. */
const POWER_OFF = 3_000;

export interface PersistentBootParts {
  instanceId: string;
  facts: FirstDayFacts;
  disk: PersistentDisk;
  clock: Clock;
  timeline: Timeline;
  github: GitHub;
  call: InstanceCall;
  /** One line on the console. */
  print(line: string): void;
  /** It has switched itself off. */
  off(): void;
}

/** One boot of a persistent machine, from power-on to power-off. */
export class PersistentBoot {
  private on = true;
  /** The boot script or the agent's boot is at work. */
  private booting = false;
  private readonly poweredAt: number;
  private readonly timers: Timer[] = [];
  private firstBoot?: Timer;
  private idle?: IdleState;
  private readonly bootId = randomUUID();
  /** Of its order. */
  private generation = 0;
  private readonly runner: JobRunner;

  constructor(private readonly parts: PersistentBootParts) {
    this.poweredAt = parts.clock.now();
    this.runner = new JobRunner({ ...parts, exited: (config) => void this.runnerEnded(config), log: this.log });
  }

  begin(): void {
    const { facts, disk } = this.parts;
    this.after(facts.maxSession * 1000, () => this.switchOff(PERSISTENT_LOG.sessionOver));
    if (!disk.kept.has("prepared")) {
      this.firstBoot = this.after(facts.firstBootTimeout * 1000, () => this.switchOff("not prepared within firstBootTimeout"));
    }
    this.after(KERNEL, () => void this.run());
    this.watchIdle();
  }

  /** Nothing of this boot happens any more. */
  cutPower(): void {
    this.on = false;
    for (const timer of this.timers) timer.cancel();
    this.runner.powerOff();
  }

  private async run(): Promise<void> {
    this.booting = true;
    try {
      const order = await this.takeOrder();
      if (order === undefined) return;
      this.generation = order.generation;
      const config = await this.fetch(order);
      const host = bootPorts({
        ...this.parts,
        config,
        order,
        log: this.log,
        runner: this.runner,
        bootId: this.bootId,
        call: (action, params) => this.call(action, params),
        sleep: (ms) => this.sleep(ms),
        liftFirstBootLimit: () => this.firstBoot?.cancel(),
        powerOff: () => this.powerOff(),
      });
      await boot(host);
    } catch (error) {
      // The unit's failure switches the machine off; what ends with the power is none.
      if (this.on) this.switchOff(`boot failed: ${String(error)}`);
    } finally {
      this.booting = false;
    }
  }

  /** Undefined: none came, and the machine stays up for the idle stop. One that was never prepared waits for its first one. */
  private async takeOrder(): Promise<BootOrder | undefined> {
    const { facts, disk, clock } = this.parts;
    const SecretId = facts.orderSecret;
    const end = disk.kept.has("prepared") ? clock.now() + PERSISTENT_TIMING.orderTimeout * 1000 : Infinity;
    while (clock.now() < end) {
      const reply = await this.call("secretsmanager:GetSecretValue", { SecretId }).catch(() => undefined);
      if (reply !== undefined) {
        await this.call("secretsmanager:DeleteSecret", { SecretId, ForceDeleteWithoutRecovery: true });
        return parseOrder(String(reply["SecretString"]));
      }
      await this.sleep(ORDER_INTERVAL);
    }
    this.log.warn("no order: the machine stays up for idleStopTimeout");
    return undefined;
  }

  private async fetch(order: BootOrder): Promise<PersistentHostConfig> {
    await this.object(order.bundle);
    const config = JSON.parse((await this.object(order.configuration)).toString("utf8")) as PersistentHostConfig;
    this.parts.disk.config = config;
    return config;
  }

  private async object({ bucket, key, sha256: digest }: PinnedObject): Promise<Buffer> {
    const { clock } = this.parts;
    const get = () => this.call("s3:GetObject", { Bucket: bucket, Key: key });
    // The stand-in reads a file, of which a virtual clock knows nothing.
    const { Body } = await (clock instanceof VirtualClock ? clock.during(get) : get());
    const bytes = Buffer.from(Body as Uint8Array);
    if (sha256(bytes) !== digest) throw new Error(`${key}: another digest than the order's`);
    return bytes;
  }

  private watchIdle(): void {
    if (!this.on) return;
    this.after(PERSISTENT_TIMING.idleInterval * 1000, () => {
      void this.checkIdle().finally(() => this.watchIdle());
    });
  }

  private async checkIdle(): Promise<void> {
    const { disk, clock } = this.parts;
    // Before its installation there is no idle stop, but firstBootTimeout.
    if (!disk.config) return;
    const { working, stamp } = this.runner;
    await checkIdle({
      config: disk.config,
      log: this.log,
      signs: async () => ({
        uptime: (clock.now() - this.poweredAt) / 1000,
        working,
        ...(stamp !== undefined && { stamp }),
        booting: this.booting,
        debug: false,
      }),
      state: { get: () => this.idle, set: (state) => (this.idle = state) },
      endRunner: () => this.runner.stop(),
      powerOff: async () => this.powerOff(),
    });
  }

  private async runnerEnded(config: PersistentHostConfig): Promise<void> {
    if (!this.on) return;
    const nothing = async () => undefined;
    const powerOff = async () => this.powerOff();
    await ended({
      config,
      log: this.log,
      how: "exited 0",
      debug: () => false,
      noted: () => this.runner.noted,
      report: () => this.report(config),
      endProcesses: nothing,
      keepLogs: nothing,
      sync: nothing,
      powerOff,
    });
  }

  /** As the unit that the end of the runner starts. */
  private async report(config: PersistentHostConfig): Promise<void> {
    const job = foreignJob(this.runner.noted);
    if (job === undefined) return;
    const call = (action: string, params: Shape) => this.call(action, params);
    const { name, leaseTable: table } = config;
    const { generation, parts, bootId } = this;
    const client = sdkClient<Pick<DynamoDBClient, "send">>("dynamodb", call);
    const lease = leaseWrites({ client, table, name, generation, bootId, now: () => parts.clock.now() });
    await reportForeignJob(job, { name, lease, cloudwatch: sdkClient("cloudwatch", call) });
  }

  private switchOff(why: string): void {
    this.log.warn(why);
    this.powerOff();
  }

  private powerOff(): void {
    this.after(Math.min(POWER_OFF, FORCE_OFF_AFTER * 1000), () => {
      this.cutPower();
      this.parts.off();
    });
  }

  /** By the credentials of its role, while it is on. */
  private async call(action: string, params: Shape): Promise<Shape> {
    const reply = await withSdkRetries(
      SDK_ATTEMPTS,
      () => this.parts.call(action, params),
      (ms) => this.sleep(ms),
    );
    return this.on ? reply : new Promise<never>(() => undefined);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  private after(ms: number, act: () => void): Timer {
    const timer = this.parts.clock.after(ms, () => {
      if (this.on) act();
    });
    this.timers.push(timer);
    return timer;
  }

  private readonly log: Log = (() => {
    const write =
      (level: string) =>
      (message: string, fields: LogFields = {}) => {
        const { timeline, instanceId, print } = this.parts;
        timeline.record({ kind: "host-log", instance: instanceId, message, fields });
        print(JSON.stringify({ level, message, ...fields }));
      };
    return { info: write("info"), warn: write("warn"), error: write("error") };
  })();
}
