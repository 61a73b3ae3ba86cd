import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Timeline } from "../../timeline";
import type { AwsAccount } from "../account";
import type { ResourceStore } from "../api";
import type { HostDriver } from "../host-driver";
import type { KmsKeys } from "../kms/keys";
import type { OwnImage } from "./catalogue";
import { Ec2 } from "./ec2";
import type { Fleet } from "./fleet";
import { DEFAULT_POWER_DELAYS, InstancePower, type PowerDelays } from "./power";
import { PowerFaults } from "./power-faults";
import { StaleReads } from "./stale-reads";
import { DEFAULT_VOLUME_DELAYS, type VolumeDelays, Volumes } from "./volumes";

export interface Ec2Setup {
  fleet: Fleet;
  clock: Clock;
  random: Random;
  timeline: Timeline;
  driver: HostDriver;
  account: AwsAccount;
  store: ResourceStore;
  keys: KmsKeys;
  images?: Readonly<Record<string, OwnImage>>;
  delays?: Partial<PowerDelays & VolumeDelays>;
  onDefect?(error: unknown): void;
}

/** EC2 on a fleet, with the parts that scenarios change from outside. */
export interface Ec2Services {
  ec2: Ec2;
  power: InstancePower;
  volumes: Volumes;
  powerFaults: PowerFaults;
  staleReads: StaleReads;
}

export function createEc2(setup: Ec2Setup): Ec2Services {
  const { fleet, clock, random, timeline, driver, account, store, keys, images = {}, onDefect = rethrow } = setup;
  const delays = { ...DEFAULT_POWER_DELAYS, ...DEFAULT_VOLUME_DELAYS, ...setup.delays };
  const powerFaults = new PowerFaults();
  const staleReads = new StaleReads(clock, fleet);
  const volumes = new Volumes({ clock, random, driver, delays, onDefect });
  const power = new InstancePower({ clock, fleet, driver, volumes, faults: powerFaults, delays, onDefect });
  const console = (id: string) => driver.console?.(id) ?? "";
  const ec2 = new Ec2({ fleet, power, volumes, staleReads, account, store, keys, clock, images, console });
  fleet.onState(({ id, state, own, reason }) => {
    if (own) timeline.record({ kind: "power-state", instance: id, state, ...(reason && { reason: reason.code }) });
  });
  return { ec2, power, volumes, powerFaults, staleReads };
}

function rethrow(error: unknown): void {
  throw error;
}
