import { inRange } from "../../shared/in-range";
import { type Violation, violation } from "../../shared/input-errors";
import { ProtectedInstances, WarmPoolState } from "../args/capacity";
import type { PoolSettings } from "../settings";

/** Only catches typing errors: the real limit of a group's size is a quota of the account. */
const SIZE_MAX = 10_000;

export function capacityViolations(settings: PoolSettings): Violation[] {
  return [...sizeViolations(settings), ...warmPoolViolations(settings), ...refreshViolations(settings)];
}

function sizeViolations({ minSize, maxSize, desiredCapacity }: PoolSettings): Violation[] {
  const unusable = Object.entries({ minSize, maxSize, desiredCapacity })
    .filter(([, value]) => !inRange(value, 0, SIZE_MAX))
    .map(([field, value]) => violation(field, value, `outside 0 to ${SIZE_MAX}`, "Use a whole number of instances in this range"));
  // Invalid numbers cannot be compared.
  if (unusable.length > 0) return unusable;
  if (minSize > maxSize) return [violation("minSize", minSize, `larger than maxSize = ${maxSize}`, "Lower minSize or raise maxSize")];
  if (inRange(desiredCapacity, minSize, maxSize)) return [];
  const problem = `outside minSize = ${minSize} to maxSize = ${maxSize}`;
  return [violation("desiredCapacity", desiredCapacity, problem, "Use a number between them or omit it")];
}

function warmPoolViolations({ warmPool, spot, maxSize }: PoolSettings): Violation[] {
  if (!warmPool) return [];
  const found: Violation[] = [];
  if (!Object.values(WarmPoolState).includes(warmPool.state)) {
    found.push(violation("warmPool.state", warmPool.state, "not a valid warm pool state", "Use Stopped, Hibernated or Running"));
  }
  found.push(...unlistedImageViolations(warmPool), ...reuseViolations(warmPool));
  if (spot) {
    found.push(
      violation("warmPool", warmPool, "EC2 Auto Scaling does not support Spot instances in a warm pool", "Remove warmPool or spot"),
    );
  }
  if (!inRange(warmPool.maxPreparedCapacity, 0, SIZE_MAX)) {
    found.push(
      violation(
        "warmPool.maxPreparedCapacity",
        warmPool.maxPreparedCapacity,
        `outside 0 to ${SIZE_MAX}`,
        `Use a whole number, e.g. maxSize = ${maxSize}`,
      ),
    );
  }
  if (!inRange(warmPool.minSize, 0, warmPool.maxPreparedCapacity)) {
    found.push(
      violation(
        "warmPool.minSize",
        warmPool.minSize,
        `outside 0 to maxPreparedCapacity = ${warmPool.maxPreparedCapacity}`,
        "Lower it or raise warmPool.maxPreparedCapacity",
      ),
    );
  }
  return found;
}

/** A stack's configuration may contain the text "false", which would count as true. */
function unlistedImageViolations({ state, allowUnlistedImage }: NonNullable<PoolSettings["warmPool"]>): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation("warmPool.allowUnlistedImage", allowUnlistedImage, problem, remedy)];
  if (typeof allowUnlistedImage !== "boolean") return refuse("not a boolean", "Use true or false, without quotes");
  if (!allowUnlistedImage || state === WarmPoolState.Hibernated) return [];
  return refuse(`it concerns hibernation, and warmPool.state is ${state}`, `Set warmPool.state to ${WarmPoolState.Hibernated}, or omit it`);
}

function reuseViolations({ reuseOnScaleIn }: NonNullable<PoolSettings["warmPool"]>): Violation[] {
  if (typeof reuseOnScaleIn === "boolean") return [];
  return [violation("warmPool.reuseOnScaleIn", reuseOnScaleIn, "not a boolean", "Use true or false, without quotes")];
}

function refreshViolations({ instanceRefresh }: PoolSettings): Violation[] {
  const { protectedInstances, minHealthyPercentage: min, maxHealthyPercentage: max } = instanceRefresh;
  const found: Violation[] = [];
  if (!Object.values(ProtectedInstances).includes(protectedInstances)) {
    found.push(violation("instanceRefresh.protectedInstances", protectedInstances, "not a valid choice", "Use Wait, Refresh or Ignore"));
  }
  if (!inRange(min, 0, 100)) {
    found.push(violation("instanceRefresh.minHealthyPercentage", min, "outside 0 to 100 %", "Use a whole percentage"));
  }
  if (!inRange(max, 100, 200)) {
    found.push(violation("instanceRefresh.maxHealthyPercentage", max, "outside 100 to 200 %", "Use a whole percentage"));
  } else if (max - min > 100) {
    found.push(
      violation(
        "instanceRefresh.maxHealthyPercentage",
        max,
        `more than 100 above minHealthyPercentage = ${min}`,
        "Bring them closer together",
      ),
    );
  }
  return found;
}
