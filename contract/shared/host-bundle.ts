/** Key prefix of the host bundles in their bucket. An instance may read nothing else there, a function delete nothing else. */
export const BUNDLE_PREFIX = "host-bundles/";

/** Contains the bundle's digest, so an instance that pins a digest never reads another version's bytes. */
export function bundleKey(sha256: string): string {
  return `${BUNDLE_PREFIX}${sha256}.tar`;
}

export function isBundleKey(key: string): boolean {
  return key.startsWith(BUNDLE_PREFIX) && /^[0-9a-f]{64}\.tar$/.test(key.slice(BUNDLE_PREFIX.length));
}
