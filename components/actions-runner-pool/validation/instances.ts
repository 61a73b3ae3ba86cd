import { emptyList } from "../../shared/given-ids";
import { inRange } from "../../shared/in-range";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

const INSTANCE_TYPE = /^[a-z0-9-]+\.[a-z0-9-]+$/;
const PARAMETER = /^\/?[A-Za-z0-9._/-]+(:[A-Za-z0-9_.-]+)?$/;

export function instanceViolations(settings: PoolSettings): Violation[] {
  const found: Violation[] = [];
  const types = [settings.instanceType, ...(settings.spot?.additionalInstanceTypes ?? [])];
  for (const type of types.filter((candidate) => !INSTANCE_TYPE.test(candidate))) {
    found.push(violation("instanceType", type, "not an EC2 instance type", "Use one such as m7i.large"));
  }
  if (settings.imageId !== undefined && settings.imageParameter !== undefined) {
    found.push(violation("imageId", settings.imageId, "imageId and imageParameter exclude each other", "Keep one of them"));
  }
  if (typeof settings.imageId === "string" && !/^ami-[0-9a-f]+$/.test(settings.imageId)) {
    found.push(violation("imageId", settings.imageId, "not an AMI ID", "Use one such as ami-0123456789abcdef0, or use imageParameter"));
  }
  if (settings.imageParameter !== undefined && !PARAMETER.test(settings.imageParameter)) {
    found.push(
      violation("imageParameter", settings.imageParameter, "not the name of an SSM parameter", "Use a name such as /team/runner-image"),
    );
  }
  if (!inRange(settings.maxInstanceLifetimeDays, 0, 365)) {
    found.push(
      violation(
        "maxInstanceLifetimeDays",
        settings.maxInstanceLifetimeDays,
        "EC2 Auto Scaling allows 1 to 365 days",
        "Use whole days in this range, or 0 for no limit",
      ),
    );
  }
  return [...found, ...spotViolations(settings), ...networkViolations(settings)];
}

function spotViolations({ spot, maxSize }: PoolSettings): Violation[] {
  if (!spot) return [];
  const found: Violation[] = [];
  if (!inRange(spot.onDemandBase, 0, maxSize)) {
    found.push(
      violation(
        "spot.onDemandBase",
        spot.onDemandBase,
        `outside 0 to maxSize = ${maxSize}`,
        "Use a whole number of instances in this range",
      ),
    );
  }
  if (!inRange(spot.onDemandPercentage, 0, 100)) {
    found.push(violation("spot.onDemandPercentage", spot.onDemandPercentage, "outside 0 to 100 %", "Use a whole percentage"));
  }
  return found;
}

function networkViolations(settings: PoolSettings): Violation[] {
  const found: Violation[] = [];
  for (const field of ["subnetIds", "securityGroupIds"] as const) {
    const ids: unknown = settings[field];
    if (Array.isArray(ids) && ids.length === 0) found.push(emptyList(field));
  }
  return found;
}
