import { spawnSync } from "node:child_process";
import { RefusedError } from "./refused-error";
import { isReleaseTag } from "./pin";

/** Enough for the names of all files of a large repository; Node's own limit is 1 MiB. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/** A git repository, read by the git command. User input reaches it as arguments, never through a shell. */
export class Repository {
  constructor(readonly dir: string) {}

  /** Output of a git command. @throws RefusedError with git's error output */
  git(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): string {
    const { status, stdout, stderr } = this.run(args, options);
    if (status !== 0) throw new RefusedError(`git ${args[0]}: ${stderr.trim() || `exit code ${status}`}`);
    return stdout;
  }

  /** The commit of a revision. @throws RefusedError when there is none */
  commit(revision: string, option: string): string {
    const found = this.find(revision);
    if (found === undefined) throw new RefusedError(`${option} ${revision}: no such commit in this clone; run git fetch`);
    return found;
  }

  /** The commit of a revision, or undefined. */
  find(revision: string): string | undefined {
    // git would parse it as an option.
    if (revision.startsWith("-")) throw new RefusedError(`"${revision}": a revision does not begin with a dash`);
    const { status, stdout } = this.run(["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]);
    return status === 0 ? stdout.trim() : undefined;
  }

  /** Text of a file in a commit, or undefined when it has no such file. */
  file(commit: string, path: string): string | undefined {
    const { status, stdout } = this.run(["cat-file", "blob", `${commit}:${path}`]);
    return status === 0 ? stdout : undefined;
  }

  /** A boolean setting of git, as `true` or `false`; empty when not set. */
  config(key: string): string {
    return this.run(["config", "--type=bool", "--get", key]).stdout.trim();
  }

  /** URL of a remote; empty when there is none. */
  remote(name: string): string {
    return this.run(["config", "--get", `remote.${name}.url`]).stdout.trim();
  }

  isAncestor(commit: string, of: string): boolean {
    return this.run(["merge-base", "--is-ancestor", commit, of]).status === 0;
  }

  mergeBase(a: string, b: string): string {
    const { status, stdout } = this.run(["merge-base", a, b]);
    if (status !== 0) throw new RefusedError(`${a} and ${b} have no common ancestor`);
    return stdout.trim();
  }

  /** Names of the stacks that have a configuration in the commit. */
  stacks(commit: string): string[] {
    const names = this.git(["ls-tree", "-z", "--name-only", commit]).split("\0");
    return names.flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  }

  /** @throws RefusedError in a shallow clone, whose history is too short for an evaluation */
  requireWholeHistory(): void {
    if (this.git(["rev-parse", "--is-shallow-repository"]).trim() === "true") {
      throw new RefusedError(
        "This clone is shallow, so its history does not show how long a release has run: git fetch --unshallow --tags " +
          "(in a workflow: actions/checkout with fetch-depth: 0).",
      );
    }
  }

  /** The branch that holds the pins: as given, else `origin/main` if there is one, else `main`. */
  mainBranch(given: string | undefined): { name: string; commit: string } {
    const name = given ?? (this.find("refs/remotes/origin/main") === undefined ? "main" : "origin/main");
    return { name, commit: this.commit(name, "--main") };
  }

  /**
   * The commit of a release.
   *
   * @throws RefusedError when the tag is missing, is not on main, or its package.json has another version
   */
  release(tag: string, main: string): string {
    if (!isReleaseTag(tag)) throw new RefusedError(`${tag}: is not a release's tag, like v1.2.3`);
    const commit = this.find(`refs/tags/${tag}`);
    if (commit === undefined) throw new RefusedError(`${tag}: there is no such tag in this clone; run git fetch --tags`);
    if (!this.isAncestor(commit, main)) {
      throw new RefusedError(`${tag}: the tag's commit ${short(commit)} is not on main; merge it there, or tag a commit of main`);
    }
    const version = versionOf(this.file(commit, "package.json"));
    if (`v${version}` !== tag) {
      throw new RefusedError(
        `${tag}: package.json at the tag says version ${version}; the tag was moved or misnamed: release a new version`,
      );
    }
    return commit;
  }

  /** All release tags on main. */
  releasesOn(main: string): string[] {
    return this.git(["tag", "--list", "v*", "--merged", main]).split("\n").filter(isReleaseTag);
  }

  private run(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
    const { status, stdout, stderr, error } = spawnSync("git", args, {
      cwd: this.dir,
      encoding: "utf8",
      input: options.input ?? "",
      maxBuffer: MAX_OUTPUT,
      env: { ...process.env, LC_ALL: "C", ...options.env },
    });
    if (error) throw new RefusedError(`git ${args[0]}: ${error.message}`);
    return { status, stdout, stderr };
  }
}

export const short = (commit: string): string => commit.slice(0, 9);

function versionOf(packageJson: string | undefined): string {
  try {
    return String(JSON.parse(packageJson ?? "").version);
  } catch {
    return "(none)";
  }
}
