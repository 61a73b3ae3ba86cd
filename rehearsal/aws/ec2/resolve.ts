import type { AwsAccount } from "../account";
import { nameOf } from "../account";
import type { DeployedResource, ResourceStore } from "../api";
import { publicParameters } from "./catalogue";

const PROFILE = "aws:iam/instanceProfile:InstanceProfile";
const SUBNET = "aws:ec2/subnet:Subnet";

/** What requests for instances refer to, among the resources that Pulumi deployed. */

/** Subnets that the program did not deploy are spread over the Region's zones by the last digit of their id, as in `getSubnet`. */
export function zoneOfSubnet(store: ResourceStore, { region }: AwsAccount, subnetId: string): string {
  const deployed = store.get(SUBNET, subnetId)?.state.availabilityZone;
  if (deployed) return deployed;
  const zones = ["a", "b", "c"];
  return `${region}${zones[(Number.parseInt(subnetId.slice(-1), 16) || 0) % zones.length]}`;
}

export interface ProfileReference {
  arn?: string;
  name?: string;
}

export function findProfile(store: ResourceStore, { arn, name = nameOf(arn ?? "") }: ProfileReference): DeployedResource | undefined {
  return store.list(PROFILE).find(({ id, state }) => id === name || state.arn === arn);
}

/** Requests may reference an image by the SSM parameter that holds its id. */
export function imageIdOf(given: string | undefined): string | undefined {
  const parameter = given?.startsWith("resolve:ssm:") ? given.slice("resolve:ssm:".length) : undefined;
  return parameter === undefined ? given : publicParameters.get(parameter);
}
