import { NAME_LIMITS, type PoolNames } from "../../../contract/actions-runner-pool/names";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

/** Lambda, SQS and SSM allow no other characters; SSM reserves the prefixes. */
const POOL_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
const RESERVED_PREFIX = /^(aws|amazon|amzn)/i;

/**
 * Pulumi names a child `<resource name>-<suffix>-<7 hex digits>`. The tightest limits are 63 characters for the bucket
 * (`-host-bundle`) and 64 for the role (`-deregister`), which leaves 43 for the resource's own name.
 */
const LOGICAL_NAME = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
const LOGICAL_NAME_LIMIT = 63 - "-host-bundle".length - 8;
/** EC2 reserves the first in names of security groups, S3 the others in names of buckets, which Pulumi writes in lower case. */
const LOGICAL_NAME_RESERVED = /^(sg-|xn--|sthree-|amzn-s3-demo-)/i;

export function nameViolations(name: string, { poolName, names }: PoolSettings): Violation[] {
  const found: Violation[] = [];
  if (!LOGICAL_NAME.test(name)) {
    found.push(violation("name", name, "not usable in the name of a bucket", "Use letters, digits and hyphens"));
  }
  const reserved = LOGICAL_NAME_RESERVED.exec(name)?.[0].toLowerCase();
  if (reserved !== undefined) {
    const owner = reserved === "sg-" ? "EC2 reserves security groups' names" : "S3 reserves buckets' names";
    found.push(violation("name", name, `${owner} with the prefix ${reserved}`, "Choose a name that does not start with it"));
  }
  if (name.length > LOGICAL_NAME_LIMIT) {
    found.push(
      violation(
        "name",
        name,
        `${name.length} characters; S3 allows 63 for ${name}-host-bundle-xxxxxxx`,
        `Use at most ${LOGICAL_NAME_LIMIT} characters`,
      ),
    );
  }
  if (!POOL_NAME.test(poolName)) {
    found.push(
      violation(
        "poolName",
        poolName,
        "not usable in the names of functions, queues and documents",
        "Start with a letter and use letters, digits, - and _; set poolName if the stack's name has other characters",
      ),
    );
  } else if (RESERVED_PREFIX.test(poolName)) {
    found.push(
      violation("poolName", poolName, "SSM reserves names with this prefix", "Choose a name that does not start with aws, amazon or amzn"),
    );
  }
  return [...found, ...lengthViolations(poolName, names)];
}

/** Reports only the name that exceeds its limit most: shortening for that one fixes them all. */
function lengthViolations(poolName: string, names: PoolNames): Violation[] {
  const [worst] = (Object.keys(NAME_LIMITS) as (keyof PoolNames)[])
    .map((key) => ({ key, excess: names[key].length - NAME_LIMITS[key] }))
    .filter(({ excess }) => excess > 0)
    .sort((a, b) => b.excess - a.excess);
  if (!worst) return [];
  const derived = names[worst.key];
  return [
    violation(
      "poolName",
      poolName,
      `the derived ${worst.key} "${derived}" has ${derived.length} characters and AWS allows ${NAME_LIMITS[worst.key]}`,
      `Shorten poolName to at most ${poolName.length - worst.excess} characters`,
    ),
  ];
}
