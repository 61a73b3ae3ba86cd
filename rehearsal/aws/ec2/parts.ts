import type { AwsAccount } from "../account";
import type { Principal, ResourceStore, Shape } from "../api";
import type { OwnImage } from "./catalogue";
import type { Clock } from "../../clock";
import type { KmsKeys } from "../kms/keys";
import type { Fleet } from "./fleet";
import type { Instance } from "./instance";
import type { InstancePower } from "./power";
import type { StaleReads } from "./stale-reads";
import type { Volumes } from "./volumes";

/** What EC2's operations work on. */
export interface Ec2Parts {
  fleet: Fleet;
  power: InstancePower;
  volumes: Volumes;
  staleReads: StaleReads;
  account: AwsAccount;
  store: ResourceStore;
  keys: KmsKeys;
  clock: Pick<Clock, "now">;
  /** The account's own. */
  images: Readonly<Record<string, OwnImage>>;
  /** Requests to launch, by client token. */
  requests: Map<string, { params: string; instance: Instance }>;
  /** What an instance's machine wrote to its console; also after its end. */
  console(instanceId: string): string;
  /** EC2 shows an ended instance for about an hour. */
  isForgotten(instance: Instance): boolean;
  /** @throws InvalidInstanceID.NotFound */
  known(instanceId: string): Instance;
}

export type Operation = (parts: Ec2Parts, params: Shape, principal: Principal) => Shape | Promise<Shape>;
