import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { AwsAccount } from "../account";
import type { Instance } from "../ec2/instance";
import { type ImdsResponse, iso, json } from "./http";
import type { RoleCredentials } from "./role-credentials";

/** A text, or a whole response; undefined if there is no such item. */
export type MetadataItem = ImdsResponse | string | undefined;

export interface MetadataSources {
  clock: Clock;
  account: AwsAccount;
  targetState: (instanceId: string) => TargetState | undefined;
  credentials: RoleCredentials;
}

/** What `/latest/meta-data/<path>` returns to an instance: an item, or the list of the items in a folder. */
export function metadata(instance: Instance, path: string, sources: MetadataSources): MetadataItem {
  return item(instance, path, sources) ?? listing(path, (other) => item(instance, other, sources) !== undefined);
}

function item(instance: Instance, path: string, { clock, account, targetState, credentials }: MetadataSources): MetadataItem {
  switch (path) {
    case "instance-id":
      return instance.id;
    case "instance-type":
      return instance.instanceType;
    case "ami-id":
      return instance.imageId;
    case "local-ipv4":
      return instance.privateIp;
    case "hostname":
    case "local-hostname":
      return `ip-${instance.privateIp.replaceAll(".", "-")}.${account.region}.compute.internal`;
    case "instance-life-cycle":
      return instance.spot ? "spot" : "on-demand";
    case "placement/availability-zone":
      return instance.availabilityZone;
    case "placement/region":
      return account.region;
    case "services/domain":
      return "amazonaws.com";
    case "services/partition":
      return "aws";
    case "autoscaling/target-lifecycle-state":
      return targetState(instance.id);
    case "spot/instance-action":
      return instance.interruption && json({ action: instance.interruption.action, time: iso(instance.interruption.at) });
    case "iam/info":
      return instance.profile && json({ Code: "Success", LastUpdated: iso(clock.now()), InstanceProfileArn: instance.profile.arn });
    case "iam/security-credentials":
    case "iam/security-credentials/":
      return instance.profile?.roleName;
  }
  const role = after(path, "iam/security-credentials/");
  if (role !== undefined) return credentials.of(instance, role);
  return tag(instance, path);
}

/** All items that can exist; a listing contains those that do. */
const ITEMS = [
  "ami-id",
  "autoscaling/target-lifecycle-state",
  "hostname",
  "iam/info",
  "iam/security-credentials/",
  "instance-id",
  "instance-life-cycle",
  "instance-type",
  "local-hostname",
  "local-ipv4",
  "placement/availability-zone",
  "placement/region",
  "services/domain",
  "services/partition",
  "spot/instance-action",
  "tags/instance/",
];

/** The items in a folder, one a line, folders with a slash. cloud-init crawls them and aborts if one is missing. */
function listing(folder: string, exists: (item: string) => boolean): string | undefined {
  const prefix = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  const names = ITEMS.flatMap((item) => {
    const rest = after(item, prefix);
    return rest && exists(item) ? [rest.replace(/\/.*/, "/")] : [];
  });
  return names.length > 0 ? [...new Set(names)].join("\n") : undefined;
}

/** Served only if the launch template enables instance metadata tags; EC2's default is disabled. */
function tag(instance: Instance, path: string): MetadataItem {
  if (instance.metadata?.instanceMetadataTags !== "enabled") return undefined;
  const key = after(path, "tags/instance/");
  if (key === "" || path === "tags/instance") return Object.keys(instance.tags).join("\n");
  return key === undefined ? undefined : instance.tags[decodeURIComponent(key)];
}

export function after(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
