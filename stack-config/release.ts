import * as pulumi from "@pulumi/pulumi";
import { shownValue } from "../components/shared/shown-value";
import { VERSION } from "../components/shared/package-version";
import { FOLLOWS_MAIN, isRelease, releaseOf } from "../contract/shared/release";
import type { Reader } from "./reader";

/**
 * A pinned stack can be deployed only with the code of its pin: a deployment from another checkout would bring code into
 * prod that the pin excludes.
 */
export function readRelease(read: Reader): string {
  const pin = read.text("release") ?? FOLLOWS_MAIN;
  if (!isRelease(pin)) {
    throw new pulumi.RunError(
      `ci-runners:release = ${shownValue("release", pin)} is neither a release nor ${FOLLOWS_MAIN}; pin a tag like ${releaseOf(VERSION)}`,
    );
  }
  if (pin !== FOLLOWS_MAIN && pin !== releaseOf(VERSION)) {
    throw new pulumi.RunError(
      `ci-runners:release = "${pin}" but this code is ${releaseOf(VERSION)}; deploy the stack from the tag of its pin: npm run deploy -- --stack ${pulumi.getStack()}`,
    );
  }
  return pin;
}
