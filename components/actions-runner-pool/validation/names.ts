import { NAME_LIMITS, type PoolNames } from "../../../contract/actions-runner-pool/names";
import { type Violation, violation } from "../../shared/input-errors";
import { logicalNameViolations } from "../../shared/logical-name";
import type { PoolSettings } from "../settings";

/** Lambda, SQS and SSM allow no other characters; SSM reserves the prefixes. */
const POOL_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
const RESERVED_PREFIX = /^(aws|amazon|amzn)/i;

export function nameViolations(name: string, { poolName, names }: PoolSettings): Violation[] {
  const found = logicalNameViolations(name);
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
