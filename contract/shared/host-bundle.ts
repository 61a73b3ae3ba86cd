/** Key prefix of the host bundles, and of the setup scripts beside them, in their bucket. An instance may read nothing else there, a function delete nothing else. */
export const BUNDLE_PREFIX = "host-bundles/";

/** Contains the bundle's digest, so an instance that pins a digest never reads another version's bytes. */
export function bundleKey(sha256: string): string {
  return `${BUNDLE_PREFIX}${sha256}.tar`;
}

/** Of a pool's setup script, which contains its digest for the same reason. */
export function setupKey(sha256: string): string {
  return `${BUNDLE_PREFIX}${sha256}.setup`;
}

/** Of a host's configuration, where that is an object of its own. */
export function configurationKey(sha256: string): string {
  return `${BUNDLE_PREFIX}${sha256}.json`;
}

export function isBundleKey(key: string): boolean {
  return isKey(key, /^[0-9a-f]{64}\.tar$/);
}

export function isSetupKey(key: string): boolean {
  return isKey(key, /^[0-9a-f]{64}\.setup$/);
}

export function isConfigurationKey(key: string): boolean {
  return isKey(key, /^[0-9a-f]{64}\.json$/);
}

function isKey(key: string, name: RegExp): boolean {
  return key.startsWith(BUNDLE_PREFIX) && name.test(key.slice(BUNDLE_PREFIX.length));
}
