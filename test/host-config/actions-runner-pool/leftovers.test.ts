import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { forbidForks, killUntilGone } from "../../../host-config/actions-runner-pool/agent/leftovers";
import { unitPids } from "../../../host-config/actions-runner-pool/agent/processes";
import { UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";
import { FakeHost } from "./fake-host";

/** 20 chains in which each process replaces itself by its child as fast as the kernel allows, for 20 s at most. */
const CHAINS = `import os, time
end = time.monotonic() + 20
for chain in range(20):
    if os.fork() == 0: break
else: os._exit(0)
while time.monotonic() < end:
    try:
        if os.fork(): os._exit(0)
    except OSError: pass`;

describe("killing what an earlier job left in the runner's unit", () => {
  it("kills a process that was forked between the reading and the signal", async () => {
    const { clock, log } = new FakeHost();
    let alive = [1];
    const killed: number[] = [];
    const kill = (pid: number) => {
      killed.push(pid);
      // The second one was forked after the cgroup was read.
      alive = pid === 1 ? [2] : [];
    };
    assert.equal(await killUntilGone({ pids: () => [...alive], kill, forbidForks: () => () => undefined }, clock, log), true);
    assert.deepEqual(killed, [1, 2]);
  });

  it("allows forks again whatever happens, or the next job could start no process", async () => {
    const { clock, log } = new FakeHost();
    const said: string[] = [];
    const forbid = () => {
      said.push("forbidden");
      return () => void said.push("allowed");
    };
    const failing = () => {
      throw new Error("EPERM");
    };
    await assert.rejects(killUntilGone({ pids: () => [1], kill: failing, forbidForks: forbid }, clock, log), /EPERM/);
    assert.equal(await killUntilGone({ pids: () => [1], kill: () => undefined, forbidForks: forbid }, clock, log), false);
    assert.deepEqual(said, ["forbidden", "allowed", "forbidden", "allowed"]);
  });

  it("kills without the limit on forks where the limit cannot be set or restored: a start and a termination need it", async () => {
    const host = new FakeHost();
    const fails = () => {
      throw new Error("EIO");
    };
    for (const forbid of [fails, () => fails]) {
      let alive = [1];
      const leftovers = { pids: () => alive, kill: () => void (alive = []), forbidForks: forbid };
      assert.equal(await killUntilGone(leftovers, host.clock, host.log), true);
    }
    assert.equal(host.messages().filter((message) => message.startsWith("the limit on the tasks")).length, 2);
  });

  it("gives up on a process that SIGKILL does not end, or an instance would be held by it", async () => {
    const host = new FakeHost();
    const stuck = { pids: () => [1], kill: () => undefined, forbidForks: () => () => undefined };
    assert.equal(await killUntilGone(stuck, host.clock, host.log), false);
    assert.ok(host.seconds() >= 10 && host.seconds() < 11, `${host.seconds()} s`);
  });

  describe("in a real cgroup", () => {
    const name = `leftovers-test-${process.pid}`;
    const roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"].map((root) => join(root, name));
    const procs = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/pids"]
      .filter((root) => existsSync(join(root, "cgroup.procs")))
      .map((root) => join(root, name));
    const pids = () => [...unitPids(procs)];

    before(function () {
      if (process.getuid!() !== 0) return this.skip();
      for (const root of procs) mkdirSync(join(root, UNIT_CGROUP), { recursive: true });
      if (!roots.some((root) => existsSync(join(root, UNIT_CGROUP, "pids.max")))) this.skip();
    });
    after(() => {
      for (const root of procs)
        for (const folder of [join(root, UNIT_CGROUP), join(root, "system.slice"), root]) if (existsSync(folder)) rmdirSync(folder);
    });

    it("ends chains of processes each of which lives too short to be signalled", async () => {
      const enter = procs.map((root) => `echo $$ >${join(root, UNIT_CGROUP, "cgroup.procs")}`).join("; ");
      const chains = spawn("bash", ["-c", `${enter}; exec python3 -c '${CHAINS}'`], { detached: true, stdio: "ignore" });
      await new Promise((resolve) => chains.once("exit", resolve));
      const clock = { now: () => performance.now(), sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
      const kill = (pid: number) => {
        try {
          process.kill(pid, "SIGKILL");
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
        }
      };
      // What the agent did before: one reading, one signal each.
      for (const pid of pids()) kill(pid);
      assert.ok(pids().length > 0, "a chain must survive a single pass, or this test proves nothing");
      assert.equal(await killUntilGone({ pids, kill, forbidForks: () => forbidForks(roots) }, clock, new FakeHost().log), true);
      assert.deepEqual(pids(), []);
      for (const root of roots) {
        const limit = join(root, UNIT_CGROUP, "pids.max");
        if (existsSync(limit)) assert.equal(readFileSync(limit, "utf8"), "max\n");
      }
    });
  });
});
