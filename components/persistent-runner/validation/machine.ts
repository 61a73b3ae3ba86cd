import { emptyList } from "../../shared/given-ids";
import { type Violation, notAList, violation } from "../../shared/input-errors";
import type { PersistentRunnerSettings } from "../settings";

const INSTANCE_TYPE = /^[a-z0-9-]+\.[a-z0-9-]+$/;
const PARAMETER = /^\/?[A-Za-z0-9._/-]+(:[A-Za-z0-9_.-]+)?$/;
const SUBNET = /^subnet-[0-9a-f]+$/;
/** The generation of Intel's processors whose virtual machines can have virtual machines. */
const NESTED = /^[cmr]8i(-flex)?\./;
const FALLBACK_LIMIT = 10;

export function machineViolations(settings: PersistentRunnerSettings): Violation[] {
  return [...typeViolations(settings), ...imageViolations(settings), ...networkViolations(settings), ...flagViolations(settings)];
}

function typeViolations({ instanceType, fallbackInstanceTypes, nestedVirtualization }: PersistentRunnerSettings): Violation[] {
  if (!Array.isArray(fallbackInstanceTypes)) return [notAList("fallbackInstanceTypes", fallbackInstanceTypes)];
  const types: [field: string, type: string][] = [
    ["instanceType", instanceType],
    ...fallbackInstanceTypes.map((type, index): [string, string] => [`fallbackInstanceTypes[${index}]`, type]),
  ];
  const found = types
    .filter(([, type]) => typeof type !== "string" || !INSTANCE_TYPE.test(type))
    .map(([field, type]) => violation(field, type, "not an EC2 instance type", "Use one such as m7i.large"));
  if (found.length > 0) return found;
  const twice = types.find(([, type], index) => types.findIndex(([, other]) => other === type) < index);
  if (twice !== undefined) found.push(violation(...twice, "it has been tried already", "Name another type, or remove it"));
  if (fallbackInstanceTypes.length > FALLBACK_LIMIT) {
    found.push(violation("fallbackInstanceTypes", `${fallbackInstanceTypes.length} types`, `more than ${FALLBACK_LIMIT}`, "Remove some"));
  }
  const plain = nestedVirtualization ? types.find(([, type]) => !NESTED.test(type)) : undefined;
  if (plain !== undefined) {
    found.push(violation(...plain, "EC2 has no nested virtualization on it", "Use a C8i, M8i or R8i type, or remove nestedVirtualization"));
  }
  return found;
}

function imageViolations({ imageId, imageParameter }: PersistentRunnerSettings): Violation[] {
  const found: Violation[] = [];
  if (imageId !== undefined && imageParameter !== undefined) {
    found.push(violation("imageId", imageId, "imageId and imageParameter exclude each other", "Keep one of them"));
  }
  if (typeof imageId === "string" && !/^ami-[0-9a-f]+$/.test(imageId)) {
    found.push(violation("imageId", imageId, "not an AMI ID", "Use one such as ami-0123456789abcdef0, or use imageParameter"));
  }
  if (imageParameter !== undefined && !PARAMETER.test(imageParameter)) {
    const remedy = "Use a name such as /team/runner-image";
    found.push(violation("imageParameter", imageParameter, "not the name of an SSM parameter", remedy));
  }
  return found;
}

function networkViolations({ subnetId, vpcId, securityGroupIds, allowHttp }: PersistentRunnerSettings): Violation[] {
  const found: Violation[] = [];
  if (subnetId === undefined || subnetId === "" || (typeof subnetId === "string" && !SUBNET.test(subnetId))) {
    found.push(violation("subnetId", subnetId || undefined, "not the ID of a subnet", "Use one such as subnet-0a1b2c3d4e5f60001"));
  }
  if (Array.isArray(securityGroupIds) && securityGroupIds.length === 0) found.push(emptyList("securityGroupIds"));
  if (securityGroupIds !== undefined && vpcId !== undefined) {
    const problem = "securityGroupIds is given, so no security group is made in it";
    found.push(violation("vpcId", vpcId, problem, "Remove one of the two"));
  }
  if (securityGroupIds !== undefined && allowHttp === false) {
    const problem = "securityGroupIds is given, so no security group is made that it would concern";
    found.push(violation("allowHttp", allowHttp, problem, "Remove it, and the rule for port 80 from your own group"));
  }
  return found;
}

/** A stack's configuration may contain the text "false", which would count as true. */
function flagViolations(settings: PersistentRunnerSettings): Violation[] {
  const { allowHttp, cancelInProgress, jobsMayUseInstanceRole, nestedVirtualization } = settings;
  const { terminationProtection, waitForProvisioning } = settings;
  const flags = { allowHttp, cancelInProgress, jobsMayUseInstanceRole, nestedVirtualization };
  return Object.entries({ ...flags, terminationProtection, waitForProvisioning })
    .filter(([, value]) => typeof value !== "boolean")
    .map(([field, value]) => violation(field, value, "not a boolean", "Use true or false, without quotes"));
}
