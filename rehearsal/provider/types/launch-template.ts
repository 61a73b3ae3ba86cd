import { arn, newId, text, type ResourceContext, type ResourceType } from "../resource-type";
import { containsUnknown, same, type Properties } from "../values";

/** Bytes of user data before base64 encoding. */
const USER_DATA_LIMIT = 16_384;

/** Inputs that belong to the template, not to a version. */
const OF_TEMPLATE = ["name", "tags", "defaultVersion", "updateDefaultVersion"];

const inputs = [
  "blockDeviceMappings",
  "cpuOptions",
  "creditSpecification",
  "defaultVersion",
  "description",
  "disableApiStop",
  "disableApiTermination",
  "ebsOptimized",
  "hibernationOptions",
  "iamInstanceProfile",
  "imageId",
  "instanceInitiatedShutdownBehavior",
  "instanceMarketOptions",
  "instanceType",
  "keyName",
  "maintenanceOptions",
  "metadataOptions",
  "monitoring",
  "name",
  "networkInterfaces",
  "placement",
  "privateDnsNameOptions",
  "tags",
  "tagSpecifications",
  "updateDefaultVersion",
  "userData",
  "vpcSecurityGroupIds",
] as const;

function versionData(given: Properties): Properties {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !OF_TEMPLATE.includes(name)));
}

/** `created`: milliseconds since the epoch, by version. */
function outputs(
  id: string,
  versions: Record<number, Properties>,
  created: Record<number, number>,
  defaultVersion: number,
  { account }: ResourceContext,
): Properties {
  return {
    arn: arn(account, "ec2", `launch-template/${id}`),
    latestVersion: Math.max(...Object.keys(versions).map(Number)),
    defaultVersion,
    /** Inputs of each version, by number; resolves the group's `$Latest`, `$Default` or number. */
    _versions: versions,
    _created: created,
  };
}

/** Every change creates a new version. Versions are immutable, so a group's instances keep theirs. */
const launchTemplate: ResourceType = {
  inputs,
  autoName: { property: "name", maxLength: 128 },
  replaceOn: ["name"],
  computedInBlocks: { list: "blockDeviceMappings", block: "ebs", members: ["iops", "throughput", "volumeSize", "volumeType"] },
  volatile: ["latestVersion", "defaultVersion"],
  validate: (given) => {
    const problems = [];
    if (given.userData !== undefined && !containsUnknown(given.userData)) {
      const bytes = Buffer.from(text(given.userData), "base64").length;
      if (bytes > USER_DATA_LIMIT)
        problems.push({
          property: "userData",
          reason: `InvalidUserData.Malformed: User data is limited to ${USER_DATA_LIMIT} bytes, got ${bytes}`,
        });
      if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text(given.userData)))
        problems.push({ property: "userData", reason: "Invalid BASE64 encoding of user data" });
    }
    if (given.networkInterfaces && given.vpcSecurityGroupIds) {
      problems.push({
        property: "vpcSecurityGroupIds",
        reason: "network interfaces and an instance-level security groups may not be specified on the same request",
      });
    }
    return problems;
  },
  create(given, context) {
    const id = newId("lt");
    return { id, outputs: outputs(id, { 1: versionData(given) }, { 1: context.now() }, 1, context) };
  },
  update(id, given, old, context) {
    const versions: Record<number, Properties> = { ...old._versions };
    const latest = Math.max(...Object.keys(versions).map(Number));
    const data = versionData(given);
    const isNew = !same(versions[latest], data);
    const created: Record<number, number> = { ...old._created };
    if (isNew) {
      versions[latest + 1] = data;
      created[latest + 1] = context.now();
    }
    const wanted = given.updateDefaultVersion ? latest + (isNew ? 1 : 0) : (given.defaultVersion ?? old.defaultVersion);
    return outputs(id, versions, created, wanted, context);
  },
};

export const LAUNCH_TEMPLATE_TYPES: Record<string, ResourceType> = { "aws:ec2/launchTemplate:LaunchTemplate": launchTemplate };
