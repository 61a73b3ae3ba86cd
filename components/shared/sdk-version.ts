import { version as awsVersion } from "@pulumi/aws/package.json";

/**
 * The oldest `@pulumi/aws` that has every property which the components set. An older one drops a property that it does
 * not know, without an error: an instance that stopped responding would be terminated with its job instead of retained
 * (`instanceLifecyclePolicy` of the Auto Scaling group). `peerDependencies` says the same, but package managers only warn.
 */
export const OLDEST_AWS_SDK = "7.39.0";

/**
 * @param version of the `@pulumi/aws` that the components import. A bundler includes its `package.json`, as it does for the
 *   SDK itself.
 * @throws if it is older.
 */
export function checkAwsSdk(version: string = awsVersion): void {
  if (!isOlder(numbers(version), numbers(OLDEST_AWS_SDK))) return;
  throw new Error(
    `@pulumi/aws ${version} is too old for ci-runners: it silently drops settings that keep jobs alive, such as ` +
      `instanceLifecyclePolicy. Install ${OLDEST_AWS_SDK} or a newer 7.x: npm install @pulumi/aws@^${OLDEST_AWS_SDK}`,
  );
}

/** Major, minor and patch; a pre-release counts as its release. */
function numbers(version: string): number[] {
  return version.replace(/^v/, "").split(/[.+-]/).slice(0, 3).map(Number);
}

function isOlder(version: number[], than: number[]): boolean {
  const index = than.findIndex((number, place) => number !== version[place]);
  return index >= 0 && (version[index] ?? 0) < than[index]!;
}
