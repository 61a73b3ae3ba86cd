import { type Violation, violation } from "./input-errors";

/**
 * Pulumi names a child `<resource name>-<suffix>-<7 hex digits>`. The tightest limit is S3's 63 characters for the bucket
 * `-host-bundle`, which leaves 43 for the resource's own name.
 */
const LOGICAL_NAME = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
const LOGICAL_NAME_LIMIT = 63 - "-host-bundle".length - 8;
/** EC2 reserves the first in names of security groups, S3 the others in names of buckets, which Pulumi writes in lower case. */
const LOGICAL_NAME_RESERVED = /^(sg-|xn--|sthree-|amzn-s3-demo-)/i;

/** Of the name of a component's resource. */
export function logicalNameViolations(name: string): Violation[] {
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
    const problem = `${name.length} characters; S3 allows 63 for ${name}-host-bundle-xxxxxxx`;
    found.push(violation("name", name, problem, `Use at most ${LOGICAL_NAME_LIMIT} characters`));
  }
  return found;
}
