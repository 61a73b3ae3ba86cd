import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RefusedError } from "./refused-error";
import type { CommitMessage } from "./commit-message";
import { configurationFile, readPin } from "./pin";
import { type Repository, short } from "./repository";

const NO_COMMIT = "0".repeat(40);

export interface Branch {
  name: string;
  commit?: string;
  state: "created" | "exists" | "dry-run";
}

export const branchName = (stack: string, tag: string): string => `promote/${stack}-${tag}`;

/**
 * The branch of an earlier promotion, here or at `origin`, if it makes the same change of the same pin.
 *
 * @throws RefusedError when a branch of that name holds anything else
 */
export function existingBranch(repository: Repository, main: string, stack: string, tag: string): Branch | undefined {
  const name = branchName(stack, tag);
  const local = repository.find(`refs/heads/${name}`);
  const commit = local ?? repository.find(`refs/remotes/origin/${name}`);
  if (commit === undefined) return undefined;
  const file = configurationFile(stack);
  const base = repository.mergeBase(main, commit);
  const changed = repository.git(["diff", "--name-only", "-z", "--no-renames", base, commit]).split("\0").filter(Boolean);
  const text = repository.file(commit, file);
  if (changed.length !== 1 || changed[0] !== file || text === undefined || readPin(text, file) !== tag) {
    throw new RefusedError(`${name}: the branch exists, at ${short(commit)}, with another change; delete or rename it`);
  }
  // It exists only at origin: create it locally too, so that its name resolves.
  if (local === undefined) create(repository, name, commit);
  return { name, commit, state: "exists" };
}

/**
 * Makes a commit on top of main that changes one file, and a branch for it. Uses git's plumbing with a
 * separate index: the user's work tree, index and hooks stay untouched, and a kill leaves nothing to clean up in the repository.
 */
export function makeBranch(repository: Repository, main: string, stack: string, tag: string, text: string, message: CommitMessage): Branch {
  const file = configurationFile(stack);
  const index = join(tmpdir(), `ci-runners-index-${randomUUID()}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    const mode = repository.git(["ls-tree", main, "--", file]).split(" ")[0];
    const blob = repository.git(["hash-object", "-w", "--stdin"], { input: text }).trim();
    repository.git(["read-tree", main], { env });
    repository.git(["update-index", "--cacheinfo", `${mode},${blob},${file}`], { env });
    const tree = repository.git(["write-tree"], { env }).trim();
    const signed = repository.config("commit.gpgsign") === "true" ? ["-S"] : [];
    const input = `${message.title}\n\n${message.body}\n`;
    const commit = repository.git(["commit-tree", tree, "-p", main, ...signed], { input }).trim();
    const name = branchName(stack, tag);
    create(repository, name, commit);
    return { name, commit, state: "created" };
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

/** Fails if the branch exists: another process may have created it in the meantime. */
function create(repository: Repository, name: string, commit: string): void {
  repository.git(["update-ref", `refs/heads/${name}`, commit, NO_COMMIT]);
}
