import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MAIN, configurationFile, readOldPin, readPin, readSetupScriptFile, withoutPin } from "./pin";
import type { Repository } from "./repository";

/** A stack that a change redeploys, as `deploy --changed` prints it. */
export interface ChangedStack {
  stack: string;
  /** Pin after the change. */
  release: string;
  /** Pin before; null for a new stack. */
  from: string | null;
  pinChanged: boolean;
  /** Any other key of the stack's configuration changed; comments do not count. */
  configurationChanged: boolean;
  /** The stack follows main, and main's code changed, or the file of the stack's setup script. */
  codeChanged: boolean;
}

/** Files that a stack which follows main does not run: other stacks' configuration, documentation, tests. */
const NOT_DEPLOYED = [/^Pulumi\.[^/]+\.yaml$/, /\.md$/, /^LICENSE$/, /^(docs|test|examples|bench|rehearsal|promotion|\.github)\//];

/**
 * The stacks, of all or of `among`, to redeploy when going from one commit to another; every one if `from` is undefined.
 * A removed stack is not listed.
 *
 * @throws RefusedError for a malformed pin or configuration
 */
export function changedStacks(
  repository: Repository,
  from: string | undefined,
  to: string,
  among: readonly string[] = repository.stacks(to),
): ChangedStack[] {
  const code = from === undefined || codeDiffers(repository, from, to);
  return among.flatMap((stack) => {
    const file = configurationFile(stack);
    const now = repository.file(to, file)!;
    const then = from === undefined ? undefined : repository.file(from, file);
    const release = readPin(now, file);
    const before = readOldPin(then, file);
    const changed = {
      stack,
      release,
      from: before ?? null,
      pinChanged: before !== release,
      // A configuration that could not be read before counts as changed.
      configurationChanged: then === undefined || before === undefined || !isDeepStrictEqual(withoutPin(then, file), withoutPin(now, file)),
      codeChanged: release === MAIN && (code || scriptDiffers(repository, from!, to, readSetupScriptFile(now, file))),
    };
    return changed.pinChanged || changed.configurationChanged || changed.codeChanged ? [changed] : [];
  });
}

/** A script may be in any folder, also in one that is not deployed. Of a pinned stack it is its release's. */
function scriptDiffers(repository: Repository, from: string, to: string, script: string | undefined): boolean {
  if (script === undefined) return false;
  const path = posix.normalize(script);
  return repository.file(from, path) !== repository.file(to, path);
}

function codeDiffers(repository: Repository, from: string, to: string): boolean {
  const files = repository.git(["diff", "--name-only", "-z", "--no-renames", from, to, "--"]).split("\0").filter(Boolean);
  return files.some((file) => !NOT_DEPLOYED.some((pattern) => pattern.test(file)));
}
