import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endServiceScript } from "../../../host-config/actions-runner-pool/units/end-service";
import { UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";

/** Runs the real script; only the cgroup's path is replaced, and the wait before SIGKILL is 1 s instead of 60 s. */
describe("the last stop command", () => {
  let folder: string;
  let children: ChildProcess[];
  let members: number[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "end-service-"));
    children = [];
    members = [];
    mkdirSync(join(folder, "cgroup", UNIT_CGROUP), { recursive: true });
    // Like the kernel, list running processes only. A child that has ended stays a zombie until this process reaps it.
    const living = `while read -r pid; do read -r _ _ state _ <"/proc/$pid/stat" && [ "$state" != Z ] && echo "$pid"; done <"$1"; true`;
    writeFileSync(join(folder, "cat"), `#!/bin/bash\n${living} 2>/dev/null\n`, { mode: 0o755 });
  });
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a process of the unit and waits until it is ready for signals. */
  async function live(name: string, ignoresTerm = false, member = true): Promise<ChildProcess> {
    const program = join(folder, name);
    copyFileSync("/bin/bash", program);
    const script = `${ignoresTerm ? 'trap "" TERM; ' : ""}echo ready; while :; do read -r -t 1 <> <(:) || true; done`;
    const child = spawn(program, ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    await once(child.stdout!, "data");
    if (member) members.push(child.pid!);
    const pids = members.map((pid) => `${pid}\n`).join("");
    writeFileSync(join(folder, "cgroup", UNIT_CGROUP, "cgroup.procs"), pids);
    return child;
  }

  /** @param patience seconds for which the script waits for the end of a service that SIGTERM does end; it waits no longer than needed. */
  function run(main: ChildProcess | undefined, patience = 30): string {
    const text = endServiceScript()
      .replaceAll("/sys/fs/cgroup{,/systemd}", join(folder, "cgroup"))
      .replace("SECONDS + 60", `SECONDS + ${patience}`);
    assert.notEqual(text, endServiceScript());
    const env = { PATH: `${folder}:${process.env.PATH}`, ...(main && { MAINPID: String(main.pid) }) };
    writeFileSync(join(folder, "script"), text);
    const result = spawnSync("bash", [join(folder, "script")], {
      env,
      encoding: "utf8",
      timeout: 50_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    assert.equal(result.status, 0, result.stderr);
    return result.stderr;
  }
  const state = ({ pid }: ChildProcess) => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2];

  it("ends a service that a job suspended with SIGSTOP, without killing anything", async () => {
    const main = await live("runsvc.sh");
    const other = await live("other");
    main.kill("SIGSTOP");
    assert.equal(run(main), "");
    assert.equal(state(main), "Z");
    assert.notEqual(state(other), "Z");
  });

  it("kills a service that ignores SIGTERM and everything else in the unit, except a worker", async () => {
    const main = await live("runsvc.sh", true);
    const other = await live("node");
    const worker = await live("Runner.Worker");
    assert.match(run(main, 1), /does not end after SIGTERM, killing it/);
    // The kernel delivers a signal asynchronously.
    const giveUp = Date.now() + 30_000;
    while ([state(main), state(other)].join() !== "Z,Z") assert.ok(Date.now() < giveUp, "both should be dead by now");
    assert.notEqual(state(worker), "Z", "a worker's job may still be reported");
  });

  it("ends a service that a job moved out of the unit's cgroup, which otherwise holds the instance for as long as a drain", async () => {
    const suspended = await live("runsvc.sh", false, false);
    suspended.kill("SIGSTOP");
    assert.equal(run(suspended), "");
    assert.equal(state(suspended), "Z");
    const deaf = await live("runsvc.sh", true, false);
    assert.match(run(deaf, 1), /does not end after SIGTERM, killing it/);
    const giveUp = Date.now() + 30_000;
    while (state(deaf) !== "Z") assert.ok(Date.now() < giveUp, "it should be dead by now");
  });

  it("does nothing when the service is already gone, as after every normal drain", async () => {
    const other = await live("other");
    assert.equal(run(undefined), "");
    assert.notEqual(state(other), "Z");
  });
});
