import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promote } from "../../promotion/promote";
import type { Rehearse } from "../../promotion/rehearsal-gate";
import { open } from "../../promotion/gates";

/** Midnight of day 0 of every test history. */
const DAY_ZERO = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
/** The time `days` days after day 0, in ms. */
export const day = (days: number): number => DAY_ZERO + Math.round(days * 24 * HOUR);

export const configuration = (stack: string, pin?: string): string =>
  `# The ${stack} stack.\nconfig:\n  aws:region: us-east-1\n${pin === undefined ? "" : `  ci-runners:release: ${pin} # what runs\n`}  ci-runners:maxSize: 4\n`;

/** Without the maintenance that git would otherwise start, as one more process, after each commit and merge. */
const SETTINGS = "[user]\n name = Test\n email = test@example.org\n[init]\n defaultBranch = main\n[maintenance]\n auto = false\n";
const PINS = { dev: undefined, sandbox: "v0.2.0", prod: "v0.2.0" };
let dayZero: string | undefined;

/** A real git repository in a temporary folder, with given committer dates. The user's git settings are ignored. */
export class RepositoryFixture {
  readonly dir = mkdtempSync(join(tmpdir(), "promotion-test-"));
  private readonly kept = {
    GIT_CONFIG_GLOBAL: process.env.GIT_CONFIG_GLOBAL,
    GIT_CONFIG_NOSYSTEM: process.env.GIT_CONFIG_NOSYSTEM,
  };

  /** Day 0: release 0.2.0, which sandbox and prod pin, while dev follows main. */
  constructor() {
    // Not HOME: a rehearsal keeps the engine there.
    Object.assign(process.env, { GIT_CONFIG_GLOBAL: join(this.dir, ".git-settings"), GIT_CONFIG_NOSYSTEM: "1" });
    if (dayZero) cpSync(dayZero, this.dir, { recursive: true });
    else this.begin();
  }

  /** Later repositories are copies of the first: every git command is a process. */
  private begin(): void {
    this.write(".git-settings", SETTINGS);
    this.git("init", "--quiet");
    this.write(".gitignore", ".git-settings\n*.json.out\n");
    this.write("package.json", `${JSON.stringify({ name: "fixture", version: "0.2.0" })}\n`);
    for (const [stack, pin] of Object.entries(PINS)) this.write(`Pulumi.${stack}.yaml`, configuration(stack, pin));
    this.commit(0, "Begin");
    this.git("tag", "v0.2.0");
    const copy = (dayZero = mkdtempSync(join(tmpdir(), "promotion-day-zero-")));
    cpSync(this.dir, copy, { recursive: true });
    process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  }

  close(): void {
    for (const [name, value] of Object.entries(this.kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.dir, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  /** Runs a git command that commits, on that day, and returns the commit. */
  dated(days: number, ...args: string[]): string {
    return this.inTurn(days, args);
  }

  /**
   * Runs git commands on that day, of which the last commits. The author date is much earlier and must not matter. They are
   * children of one shell: to fork this process, which has loaded the tests, takes longer than most of them.
   */
  private inTurn(days: number, ...commands: string[][]): string {
    const env = { ...process.env, GIT_COMMITTER_DATE: `@${day(days) / 1000} +0200`, GIT_AUTHOR_DATE: "@1500000000 -0700" };
    const script = commands.map((args) => ["git", ...args].map(quoted).join(" ")).join(" && ");
    execFileSync("sh", ["-c", script], { cwd: this.dir, env, stdio: ["ignore", "pipe", "pipe"] });
    const branch = this.read(".git/HEAD").trim().replace("ref: ", "");
    return this.read(`.git/${branch}`).trim();
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.dir, file)), { recursive: true });
    writeFileSync(join(this.dir, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.dir, file), "utf8");
  }

  /** Commits everything in the work tree. */
  commit(days: number, message: string): string {
    return this.inTurn(days, ["add", "--all"], ["commit", "--quiet", "--allow-empty", "-m", message]);
  }

  pin(stack: string, tag: string | undefined, days: number, message = `Pin ${stack} to ${tag}`): string {
    this.write(`Pulumi.${stack}.yaml`, configuration(stack, tag));
    return this.commit(days, message);
  }

  /** A release: its version, a commit on main, its tag. */
  release(version: string, days: number): string {
    this.version(version);
    const commit = this.commit(days, `Release ${version}`);
    this.git("tag", `v${version}`);
    return commit;
  }

  private version(version: string): void {
    this.write("package.json", `${JSON.stringify({ ...JSON.parse(this.read("package.json")), version }, null, 2)}\n`);
  }

  /** Runs `work` on a new branch and merges it on the day `merged`. */
  merged(branch: string, merged: number, work: () => void, how: "--no-ff" | "--squash" = "--no-ff"): string {
    this.git("switch", "--quiet", "--create", branch);
    work();
    return this.merge(branch, merged, how);
  }

  /** Merges the branch into main, and is on main then. */
  merge(branch: string, days: number, how: "--no-ff" | "--squash" = "--no-ff"): string {
    const merge =
      how === "--squash"
        ? [
            ["merge", "--quiet", "--squash", branch],
            ["commit", "--quiet", "-m", `${branch} (#7)`],
          ]
        : [["merge", "--quiet", "--no-ff", "-m", `Merge ${branch}`, branch]];
    return this.inTurn(days, ["switch", "--quiet", "main"], ...merge);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Exit code, output and JSON result of a run of the command. */
export interface CommandResult {
  code: number;
  text: string;
  json: any;
}

export const GREEN: Rehearse = async ({ tag }) => open("rehearsal", `green: ${tag}`);

/** Runs `npm run promote` in the repository, on a day of the test history. @param rehearse null for the real gate */
export async function promoteAt(
  repo: RepositoryFixture,
  days: number,
  args: string[],
  rehearse: Rehearse | null = GREEN,
): Promise<CommandResult> {
  const file = join(repo.dir, "answer.json.out");
  rmSync(file, { force: true });
  const output: string[] = [];
  const environment = { dir: repo.dir, now: () => day(days), log: (text: string) => output.push(text), rehearse: rehearse ?? undefined };
  const code = await promote([...args, "--json", file], environment);
  return { code, text: output.join("\n"), json: JSON.parse(readFileSync(file, "utf8")) };
}

/** "open", "closed", ... of each gate of the first change, by the gate's name. */
export function states({ json }: CommandResult, stack?: string): Record<string, string> {
  const change = json.changes.find((one: any) => stack === undefined || one.stack === stack);
  return Object.fromEntries(change.gates.map(({ gate, state }: any) => [gate, state]));
}

export function reason({ json }: CommandResult, gate: string): string {
  return json.changes[0].gates.find((one: any) => one.gate === gate).reason;
}
