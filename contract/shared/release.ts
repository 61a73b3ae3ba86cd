/**
 * Which release of this library a stack runs, in the form that its pin (`ci-runners:release`), the stack's output and
 * the tag in AWS share. It is what a promotion changes and what one reads in the console to know what runs.
 */

/** On every resource, instance, volume and network interface: the release that deployed it, or `main`. */
export const RELEASE_TAG = "ci-runners:release";

/** The pin of a stack that runs whatever the main branch holds. */
export const FOLLOWS_MAIN = "main";

/** A tag of this repository, `v` before a semantic version. No build metadata: two releases that differ in it alone
 * would be one to whoever compares them. */
const RELEASE = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** Longer than any version that makes sense, shorter than the 256 characters of a tag's value in AWS. */
const RELEASE_LIMIT = 128;

export function isRelease(text: string): boolean {
  return text === FOLLOWS_MAIN || (text.length <= RELEASE_LIMIT && RELEASE.test(text));
}

export function releaseOf(version: string): string {
  return `v${version}`;
}
