import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { x as extract } from "tar";
import { RefusedError } from "./refused-error";
import { configurationFile } from "./pin";
import type { Repository } from "./repository";
import type { CommandRunner } from "./run-command";

/** The project whose installed packages are reused for a release with the same lock file. */
const PROJECT = resolve(__dirname, "..");
/** SHA-256 of the lock file that `node_modules` was installed from, as scripts/ready.mjs writes it. */
const STAMP = ".installed-from";

/**
 * What runs in a stack: a release's code with the stack's configuration over it, in a separate folder, installed and
 * built. Unpacked from an archive, because a git worktree would write into the repository, run its hooks, and outlive a kill.
 */
export class ReleaseFolder {
  readonly dir = mkdtempSync(join(tmpdir(), "ci-runners-release-"));

  constructor(
    private readonly repository: Repository,
    private readonly commandRunner: CommandRunner,
  ) {}

  /** @throws Error when the code does not install or does not build */
  async fill(code: string, stack: string, configuration: string): Promise<void> {
    await this.unpack(code);
    writeFileSync(join(this.dir, configurationFile(stack)), configuration);
    await this.install();
    await this.step("npm", ["run", "--silent", "build"]);
  }

  remove(): void {
    // Removes a link to installed packages, not its target.
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async unpack(code: string): Promise<void> {
    const archive = spawn("git", ["archive", "--format=tar", code], { cwd: this.repository.dir, stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    archive.stderr.on("data", (part) => (stderr += part));
    const ended = new Promise<number | null>((done, fail) => archive.on("error", fail).on("close", done));
    const [status] = await Promise.all([ended, pipeline(archive.stdout, extract({ cwd: this.dir }))]);
    if (status !== 0) throw new RefusedError(`git archive ${code}: ${stderr.trim()}`);
  }

  private async install(): Promise<void> {
    const lock = join(this.dir, "package-lock.json");
    if (!existsSync(lock)) throw new RefusedError("package-lock.json: the release has none, so its packages are not pinned");
    const wanted = createHash("sha256").update(readFileSync(lock)).digest("hex");
    const installed = join(PROJECT, "node_modules");
    const stamp = join(installed, STAMP);
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return symlinkSync(installed, join(this.dir, "node_modules"));
    // Install scripts of packages are not needed here, and would run with the credentials of the deployment.
    await this.step("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]);
    const own = join(this.dir, "node_modules");
    // npm creates no node_modules for a release without packages.
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, STAMP), wanted);
  }

  private async step(command: string, args: string[]): Promise<void> {
    const code = await this.commandRunner.run(command, args, { cwd: this.dir, stdout: "stderr" });
    if (code !== 0) throw new Error(`${command} ${args.filter((arg) => !arg.startsWith("-")).join(" ")} failed with exit code ${code}`);
  }
}
