import * as pulumi from "@pulumi/pulumi";
import { VERSION } from "../components/shared/package-version";
import { FOLLOWS_MAIN, isRelease, releaseOf } from "../contract/shared/release";
import type { Reader } from "./reader";

/**
 * A pinned stack gets the code of its pin and no other: whoever deploys it from another checkout would bring into prod
 * what its pin says is not there.
 */
export function readRelease(read: Reader): string {
  const pin = read.text("release") ?? FOLLOWS_MAIN;
  if (!isRelease(pin)) {
    throw new pulumi.RunError(
      `ci-runners:release = "${pin}" is neither a release nor ${FOLLOWS_MAIN}; pin a tag like ${releaseOf(VERSION)}`,
    );
  }
  if (pin !== FOLLOWS_MAIN && pin !== releaseOf(VERSION)) {
    throw new pulumi.RunError(
      `ci-runners:release = "${pin}" but this code is ${releaseOf(VERSION)}; deploy it from its own tag: npm run deploy -- --stack ${pulumi.getStack()}`,
    );
  }
  return pin;
}
