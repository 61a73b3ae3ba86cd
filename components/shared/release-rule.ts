import { FOLLOWS_MAIN, isRelease } from "../../contract/shared/release";
import { type Violation, violation } from "./input-errors";

/** Checks the argument `release` of a component. */
export function releaseViolations(release: string): Violation[] {
  if (isRelease(release)) return [];
  return [violation("release", release, "neither a release nor main", `Use a release such as v1.2.3, or ${FOLLOWS_MAIN}`)];
}
