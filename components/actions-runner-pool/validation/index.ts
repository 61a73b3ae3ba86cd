import { FOLLOWS_MAIN, isRelease } from "../../../contract/shared/release";
import { type Violation, throwIfAny, violation } from "../../shared/input-errors";
import { logRetentionViolations } from "../../shared/log-retention";
import type { PoolSettings } from "../settings";
import { capacityViolations } from "./capacity";
import { drainViolations } from "./drain";
import { githubViolations } from "./github";
import { instanceViolations } from "./instances";
import { nameViolations } from "./names";
import { runnerViolations } from "./runner";
import { userDataViolations } from "./user-data";

/**
 * Everything that can be judged from the arguments alone, before any resource is registered. What only AWS can tell
 * (architecture, memory, image) follows in `instance-facts.ts`, still before anything is created.
 *
 * @throws one error that lists every violation by field, value and remedy.
 */
export function validate(name: string, settings: PoolSettings): void {
  throwIfAny([...nameViolations(name, settings), ...argumentViolations(settings)]);
  // Only valid arguments can be rendered, so the size of the user data is judged last.
  throwIfAny(userDataViolations(settings));
}

function argumentViolations(settings: PoolSettings): Violation[] {
  return [
    ...githubViolations(settings),
    ...runnerViolations(settings),
    ...instanceViolations(settings),
    ...capacityViolations(settings),
    ...drainViolations(settings),
    ...logRetentionViolations(settings.logRetentionDays),
    ...tagViolations(settings),
    ...releaseViolations(settings),
  ];
}

/** Tags that come as an output are judged when they are known; see `tags.ts`. */
function tagViolations({ tags }: PoolSettings): Violation[] {
  return isPlainObject(tags) ? reservedTagViolations(Object.keys(tags)) : [];
}

function releaseViolations({ release }: PoolSettings): Violation[] {
  if (isRelease(release)) return [];
  return [violation("release", release, "neither a release nor main", `Name a release like v1.2.3, or ${FOLLOWS_MAIN}`)];
}

const RESERVED_TAG = /^(aws|ci-runners):/i;

export function reservedTagViolations(keys: string[]): Violation[] {
  return keys
    .filter((key) => RESERVED_TAG.test(key))
    .map((key) => violation("tags", key, "a reserved prefix", "Choose a key that starts with neither aws: nor ci-runners:"));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
