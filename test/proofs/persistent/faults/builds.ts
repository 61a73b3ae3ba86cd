import { CACHE } from "../../../../rehearsal/scenarios/persistent-runner/repositories";

/** While it does not exist, a held build waits. Gone at each boot. */
export const GO = "/dev/shm/go";

/** Says which runs have built with these caches before, and in this workspace. */
export const BUILD = `#!/bin/sh
set -eu
built=$CARGO_HOME/built-by
if [ -e "$built" ]; then echo "::notice::${CACHE.hit}"; else echo "::notice::${CACHE.miss}"; fi
mkdir -p "$CARGO_HOME" target
echo "$GITHUB_RUN_ID" >>"$built"
echo "$GITHUB_RUN_ID" >>target/built-by
echo "::notice::caches of $(paste -sd, "$built"), workspace of $(paste -sd, target/built-by)"
`;

/** The same, and stays at work until it is let go. */
export const HELD = `${BUILD}until [ -e ${GO} ]; do sleep 0.2; done\n`;

/** What a build reports. */
export function builtBy(caches: readonly number[], workspace: readonly number[]): string {
  return `caches of ${caches.join()}, workspace of ${workspace.join()}`;
}
