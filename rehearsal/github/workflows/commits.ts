import { createHash } from "node:crypto";
import type { Files } from "../../runner/steps/plan";

export interface Commit {
  readonly sha: string;
  readonly files: Files;
  readonly message: string;
  readonly parent?: Commit;
}

/** New content of files; null removes one. */
export type Changes = Record<string, string | null>;

/** Branches and tags of one repository. A commit holds its whole tree: the trees here are small. */
export class Commits {
  readonly branches = new Map<string, Commit>();
  readonly tags = new Map<string, Commit>();

  constructor(readonly defaultBranch = "main") {}

  /** On the branch, which begins at the default one if it does not exist. */
  commit(branch: string, changes: Changes, message: string): Commit {
    const parent = this.branches.get(branch) ?? this.branches.get(this.defaultBranch);
    const commit = commitOf(applied(parent?.files ?? {}, changes), message, parent);
    this.branches.set(branch, commit);
    return commit;
  }

  /** @param ref `refs/heads/…`, `refs/tags/…`, a branch, a tag or a commit's SHA */
  find(ref: string): { ref: string; commit: Commit } | undefined {
    const [branch, tag] = [ref.replace(/^refs\/heads\//, ""), ref.replace(/^refs\/tags\//, "")];
    const onBranch = ref.startsWith("refs/tags/") ? undefined : this.branches.get(branch);
    if (onBranch) return { ref: `refs/heads/${branch}`, commit: onBranch };
    const tagged = ref.startsWith("refs/heads/") ? undefined : this.tags.get(tag);
    if (tagged) return { ref: `refs/tags/${tag}`, commit: tagged };
    const commit = [...this.branches.values(), ...this.tags.values()].flatMap(historyOf).find(({ sha }) => sha === ref);
    return commit && { ref, commit };
  }

  /** A copy with the same history. */
  fork(): Commits {
    const copy = new Commits(this.defaultBranch);
    for (const [name, commit] of this.branches) copy.branches.set(name, commit);
    return copy;
  }
}

/** What a pull request would be after its merge: the base with what the head has changed since both were the same. */
export function mergeOf(base: Commit, head: Commit): Commit {
  const ancestors = new Set(historyOf(base));
  const fork = historyOf(head).find((commit) => ancestors.has(commit));
  const changes = changesBetween(fork, head);
  return commitOf(applied(base.files, changes), `Merge ${head.sha} into ${base.sha}`, base);
}

export function changesBetween(before: Commit | undefined, after: Commit): Changes {
  const old = before?.files ?? {};
  const changes: Changes = {};
  for (const [path, content] of Object.entries(after.files)) if (old[path] !== content) changes[path] = content;
  for (const path of Object.keys(old)) if (after.files[path] === undefined) changes[path] = null;
  return changes;
}

export function commitOf(files: Files, message: string, parent?: Commit): Commit {
  const sha = createHash("sha1")
    .update(JSON.stringify([files, message, parent?.sha]))
    .digest("hex");
  return { sha, files, message, parent };
}

function applied(files: Files, changes: Changes): Files {
  const result = { ...files };
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) delete result[path];
    else result[path] = content;
  }
  return result;
}

function historyOf(commit: Commit): Commit[] {
  const all: Commit[] = [];
  for (let at: Commit | undefined = commit; at; at = at.parent) all.push(at);
  return all;
}
