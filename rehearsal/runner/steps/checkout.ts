import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Files } from "./plan";
import { cleanTree, removeOld, writeTree } from "./trees";

/** Inputs of `actions/checkout` that make no difference to a tree without history. */
const WITHOUT_EFFECT: readonly string[] = [
  "fetch-depth",
  "fetch-tags",
  "filter",
  "github-server-url",
  "persist-credentials",
  "set-safe-directory",
  "show-progress",
  "ssh-key",
  "ssh-known-hosts",
  "ssh-strict",
  "ssh-user",
  "token",
];

/** Of the runner's own file beside the workspace: the files of each checkout in it, by folder. */
const RECORD = ".checkouts.json";

/**
 * `actions/checkout` for the repository and commit of the run. With `clean: false` it leaves what it did not put there, so that a
 * machine that persists keeps what it has built. As the real one, it removes everything from a folder that is no repository, and on a
 * machine without git, where it makes none. The repository's one commit has the tree of the run's commit, and another id.
 *
 * @throws for an input that would make a difference and is not modelled
 */
export async function checkout(
  files: Files,
  inputs: Record<string, string>,
  workspace: string,
  github: { repository?: string; refs: readonly string[] },
  searchPath: string | undefined,
): Promise<void> {
  const { repository, ref, path = "", clean = "true", ...others } = inputs;
  const refuse = (name: string, value: string) => {
    throw new Error(`actions/checkout: the input ${name} (${value}) is not supported here`);
  };
  for (const [name, value] of Object.entries(others)) if (!WITHOUT_EFFECT.includes(name) && value !== "") refuse(name, value);
  if (repository && repository.toLowerCase() !== github.repository?.toLowerCase()) refuse("repository", repository);
  if (ref && !github.refs.includes(ref)) refuse("ref", ref);
  const folder = resolve(workspace, path);
  if (folder !== resolve(workspace) && !folder.startsWith(`${resolve(workspace)}${sep}`)) {
    throw new Error(`Repository path '${folder}' is not under '${workspace}'`);
  }
  mkdirSync(folder, { recursive: true });
  const git = gitIn(folder, searchPath);
  const hasGit = await git("--version").then(
    () => true,
    () => false,
  );
  const record = join(dirname(resolve(workspace)), RECORD);
  const checkouts = (existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : {}) as Record<string, string[]>;
  const key = relative(workspace, folder);
  if (!hasGit || !existsSync(join(folder, ".git"))) cleanTree({}, folder);
  else if (clean.toLowerCase() === "true") cleanTree(files, folder);
  removeOld(checkouts[key] ?? [], files, folder);
  writeTree(files, folder);
  if (hasGit) await commit(git, folder, Object.keys(files));
  writeFileSync(record, JSON.stringify({ ...checkouts, [key]: Object.keys(files) }));
}

type Git = (...args: string[]) => Promise<void>;

/** Without the settings of the machine or of its user. */
function gitIn(folder: string, searchPath: string | undefined): Git {
  const env = { PATH: searchPath, HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  return (...args) =>
    new Promise((done, fail) => {
      execFile("git", args, { cwd: folder, env }, (error, _output, problem) =>
        error ? fail(new Error(problem || String(error))) : done(),
      );
    });
}

/** Files that the tree has are part of it even if its `.gitignore` names them. */
async function commit(git: Git, folder: string, paths: readonly string[]): Promise<void> {
  rmSync(join(folder, ".git"), { recursive: true, force: true });
  await git("init", "--quiet");
  // Below the folder of the repository, which no command of a job lists.
  const list = join(folder, ".git", "checkout");
  writeFileSync(list, paths.join("\0"));
  if (paths.length > 0) await git("add", "--force", `--pathspec-from-file=${list}`, "--pathspec-file-nul");
  const author = ["-c", "user.name=GitHub", "-c", "user.email=noreply@github.com"];
  await git(...author, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "The run's commit");
  await git("checkout", "--quiet", "--detach");
}
