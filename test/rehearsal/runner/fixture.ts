import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildRunnerArchive, type RunnerArchive } from "../../../rehearsal/runner/archive";
import type { Boundary } from "../../../rehearsal/runner/program/barriers";
import { register } from "../../../rehearsal/runner/program/configure";
import { Flags } from "../../../rehearsal/runner/program/flags";
import { call, ORGANIZATION, type ServedGitHub } from "../github/fixture";

const LISTENING = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Listening for Jobs$/;

/** An unpacked runner in a temporary folder, with every process that a test starts from it. */
export class TestRunner {
  readonly output: string[] = [];
  private readonly started: ChildProcess[] = [];

  private constructor(
    readonly root: string,
    private readonly served: ServedGitHub,
  ) {}

  static async unpack(served: ServedGitHub, overrideDir?: string): Promise<TestRunner> {
    const root = mkdtempSync(join(tmpdir(), "runner-under-test-"));
    const archive = await (overrideDir === undefined ? usualArchive() : buildArchive(join(root, "cache"), overrideDir));
    served.github.options.releaseFile = archive.file;
    mkdirSync(join(root, "home"));
    execFileSync("tar", ["xzf", archive.file, "-C", join(root, "home")]);
    return new TestRunner(root, served);
  }

  /** Unpacked, and registered as `config.sh` does it, but in this process: 0.01 s of processor time instead of 0.12. */
  static async registered(served: ServedGitHub, name: string): Promise<TestRunner> {
    const runner = await TestRunner.unpack(served);
    const flags = new Flags(["configure", "--name", name, "--labels", "pool"], {});
    await register(`${served.url}/${ORGANIZATION}`, await runner.token(), flags, runner.home);
    return runner;
  }

  get home(): string {
    return join(this.root, "home");
  }

  get perfLog(): string {
    return join(this.root, "perf");
  }

  /** The barrier folder; created before the service starts. */
  get barriers(): string {
    const folder = join(this.root, "barriers");
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  hold(boundary: Boundary): void {
    writeFileSync(join(this.barriers, boundary), "");
  }

  /** Waits until a program is held at the boundary; returns what it reported. */
  async held(boundary: Boundary): Promise<{ pid: number; job?: string }> {
    const reached = join(this.barriers, `${boundary}.reached`);
    await until(`a program held at ${boundary}`, () => read(reached).endsWith("\n"));
    return JSON.parse(read(reached)) as { pid: number; job?: string };
  }

  release(boundary: Boundary): void {
    rmSync(join(this.barriers, boundary));
  }

  path(name: string): string {
    return join(this.home, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  async token(kind: "registration-token" | "remove-token" = "registration-token"): Promise<string> {
    const reply = await call(this.served, "POST", `/orgs/${ORGANIZATION}/actions/runners/${kind}`);
    return reply.body.token as string;
  }

  /** Runs a script of the runner; resolves when it has exited. */
  run(file: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
    const child = this.spawn(file, args, environment);
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? -1, output })));
  }

  async configure(name: string, ...flags: string[]): Promise<{ code: number; output: string }> {
    const url = `${this.served.url}/${ORGANIZATION}`;
    const token = await this.token();
    const args = ["--unattended", "--url", url, "--token", token, "--name", name, "--labels", "pool", ...flags];
    return this.run("config.sh", args);
  }

  /** Writes a hook outside the runner's folder, as GitHub requires, and returns its path. */
  hook(name: string, script: string): string {
    const file = join(this.root, name);
    writeFileSync(file, script, { mode: 0o755 });
    return file;
  }

  /** Starts `bin/runsvc.sh` as the service unit does. */
  service(environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = this.spawn("bin/runsvc.sh", [], {
      RUNNER_PERFLOG: this.perfLog,
      RUNNER_BARRIERS: join(this.root, "barriers"),
      ...environment,
    });
    child.stdout?.on("data", (chunk: Buffer) => this.output.push(...chunk.toString("utf8").split("\n").filter(Boolean)));
    return child;
  }

  /** Ids of this runner's processes with the given kernel name. */
  pids(comm: string): number[] {
    const own = `${this.home}/`;
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => read(`/proc/${pid}/comm`).trim() === comm && read(`/proc/${pid}/cmdline`).includes(own));
  }

  said(pattern: RegExp): boolean {
    return this.output.some((line) => pattern.test(line));
  }

  /** Waits until its listeners have polled for jobs, one after the other, as often as this. */
  async listening(times = 1): Promise<void> {
    await until(`"Listening for Jobs" ${times} time(s)`, () => this.listeners >= times);
  }

  /** How many listeners have polled for jobs so far. */
  get listeners(): number {
    return this.output.filter((line) => LISTENING.test(line)).length;
  }

  /**
   * Waits until this version listens. The service starts the next listener after 5 s, which on a busy machine precedes the swap by the
   * update's script: the old version then listens once more, and GitHub asks it again.
   */
  async updated(name: string, version: string): Promise<void> {
    let { listeners } = this;
    await until(`version ${version} to listen`, () => {
      const at = this.output.indexOf(`Current runner version: '${version}'`);
      if (at >= 0) return this.output.slice(at).some((line) => LISTENING.test(line));
      if (this.listeners > listeners) this.served.github.updateRunner(name, version);
      listeners = this.listeners;
      return false;
    });
  }

  /** What became of a job of its GitHub, in order. */
  changes(job: string): string[] {
    return this.served.github.timeline.events.flatMap((event) => (event.kind === "job" && event.job === job ? [event.change] : []));
  }

  private spawn(file: string, args: string[], environment: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(this.path(file), args, {
      cwd: this.home,
      env: { ...process.env, RUNNER_ALLOW_RUNASROOT: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.started.push(child);
    return child;
  }

  /** Kills all processes still running from this runner's folder, including steps and orphans, and removes the folder. */
  dispose(): void {
    for (const child of this.started) child.kill("SIGKILL");
    for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
      const own = read(`/proc/${name}/cmdline`).includes(this.root) || workingDirectory(name).startsWith(this.root);
      if (own && Number(name) !== process.pid) kill(Number(name));
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function buildArchive(dir: string, overrideDir?: string): Promise<RunnerArchive> {
  return buildRunnerArchive({ dir, overrideDir, node: process.execPath });
}

let usual: Promise<RunnerArchive> | undefined;

/** Built once in this process: it takes as long as a short test. */
function usualArchive(): Promise<RunnerArchive> {
  if (usual) return usual;
  const folder = mkdtempSync(join(tmpdir(), "runner-archive-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (usual = buildArchive(folder));
}

export async function until(what: string, holds: () => boolean, limitMs = 120_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.on("exit", (code) => resolve(code)));
}

export function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(read(`/proc/${pid}/status`));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already exited.
  }
}
