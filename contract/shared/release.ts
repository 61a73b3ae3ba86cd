/**
 * The release of this library that a stack runs. The stack's pin (`ci-runners:release`), its output and the tag in AWS
 * share one format. A promotion changes the pin; the tag shows in the AWS console what runs.
 */

/** On every resource but the host bundle, and on every instance, volume and network interface: the release that deployed it, or `main`. */
export const RELEASE_TAG = "ci-runners:release";

/** The pin of a stack that follows the main branch. */
export const FOLLOWS_MAIN = "main";

/**
 * A tag of this repository: `v` and a semantic version. No build metadata, because two versions that differ only in it
 * compare as equal.
 */
const RELEASE = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** Longer than any sensible version, shorter than the 256 characters that AWS allows for a tag's value. */
const RELEASE_LIMIT = 128;

export function isRelease(text: string): boolean {
  return text === FOLLOWS_MAIN || (text.length <= RELEASE_LIMIT && RELEASE.test(text));
}

export function releaseOf(version: string): string {
  return `v${version}`;
}
