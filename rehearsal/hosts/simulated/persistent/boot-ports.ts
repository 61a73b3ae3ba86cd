import type { PersistentHostConfig } from "../../../../contract/persistent-runner/host";
import type { BootOrder } from "../../../../contract/persistent-runner/order";
import { leaseWrites } from "../../../../host-config/persistent-runner/agent/lease";
import { wipeForEpoch } from "../../../../host-config/persistent-runner/agent/wipe";
import type { BootHost } from "../../../../host-config/persistent-runner/agent/ports/boot-host";
import type { Log } from "../../../../host-config/shared/ports/log";
import { sdkClient } from "../../../aws/sdk-client";
import type { Clock } from "../../../clock";
import type { InstanceCall } from "../aws-clients";
import { keptOn, type PersistentDisk } from "./disk";
import type { JobRunner } from "./job-runner";

/** Milliseconds of packages, Docker and setup script. */
const PREPARATION = 40_000;
/** Milliseconds in which a prepared machine mounts its volumes. */
const MOUNTS = 1_000;
const GIB = 1024 ** 3;

export interface BootPortsOptions {
  config: PersistentHostConfig;
  order: BootOrder;
  /** As the kernel gives one to each boot. */
  bootId: string;
  disk: PersistentDisk;
  clock: Clock;
  log: Log;
  runner: JobRunner;
  call: InstanceCall;
  sleep(ms: number): Promise<void>;
  liftFirstBootLimit(): void;
  powerOff(): void;
}

/** The ports of a boot, on a model of the machine. */
export function bootPorts({ config, order, bootId, disk, clock, log, runner, call, sleep, ...power }: BootPortsOptions): BootHost {
  const { name, leaseTable: table } = config;
  return {
    config,
    order,
    clock: { now: () => clock.now(), sleep },
    log,
    lease: leaseWrites({
      client: sdkClient("dynamodb", call),
      table,
      name,
      generation: order.generation,
      bootId,
      now: () => clock.now(),
    }),
    prepared: keptOn(disk, "prepared"),
    endFormerProcesses: async () => undefined,
    async prepare() {
      await sleep(PREPARATION);
      await wipeForEpoch(config.cache.epoch, keptOn(disk, "cacheEpoch"), async () => void (disk.builds = 0));
    },
    mountVolumes: () => sleep(MOUNTS),
    evictable: () => [],
    installLoader: async () => undefined,
    settleJobs: async () => undefined,
    disks: async () => [{ path: "/", used: 20, available: 40 * GIB, freeInodes: 95 }],
    runner: { configure: async (given) => runner.configure(config, given), start: async () => runner.start() },
    liftFirstBootLimit: async () => power.liftFirstBootLimit(),
    powerOff: async () => power.powerOff(),
  };
}
