import assert from "node:assert/strict";
import { basename } from "node:path";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../../contract/shared/host-units";
import { dockerFiles } from "../../../../host-config/shared/docker/files";
import type { HostClock } from "../../../../host-config/shared/ports/clock";
import type { Log } from "../../../../host-config/shared/ports/log";
import { boundedExec } from "../../../../host-config/shared/prepare/exec";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import { mountStorage, storageStage } from "../../../../host-config/shared/storage/storage";

const MISSING: HostSetup = { storage: { volumes: [{ device: "/dev/sdzz", mountPoint: "/data" }] } };
const USER = { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" };
const FACTS = { runnerUnit: "actions-runner.service", agent: "/opt/node /opt/agent.cjs" };
const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Half a minute passes at once; what it waits for is this machine's own /sys and /dev. */
function hurried(): HostClock {
  let now = 0;
  return { now: () => now, sleep: async (ms) => void (now += ms) };
}

describe("the program that brings up a machine's volumes", () => {
  it("does nothing on a machine without volumes, neither at its launch nor at a boot", async () => {
    assert.equal(storageStage(FACTS).due({}), false);
    await mountStorage({ setup: {}, user: USER, log }, hurried());
  });

  it("rejects at a boot without one of them, by the kernel's own list of devices", async () => {
    await assert.rejects(mountStorage({ setup: MISSING, user: USER, log }, hurried()), (error: unknown) => {
      assert.ok(error instanceof PrepareError, "its text is the line that the unit's journal shows");
      assert.match(error.message, /^storage: \/dev\/sdzz did not appear within 30 s/);
      return true;
    });
  });

  describe("during the preparation", () => {
    let written: string[];
    const stage = storageStage(FACTS, ({ path }) => void written.push(path), hurried());
    const deadline = AbortSignal.abort();
    const run = (setup: HostSetup) =>
      stage.run({ setup, user: USER, instance: "i-1", deadline, say: () => undefined, exec: boundedExec(deadline) });
    // With docker: root the engine is stopped first, by a command that does not start any more.
    const root: HostSetup = { docker: "root", storage: { volumes: [{ device: "/dev/sdzz", mountPoint: "/var/lib/docker" }] } };
    beforeEach(() => (written = []));

    it("ends with its time, which neither a command nor a device that never comes must hold", async () => {
      assert.equal(stage.due(MISSING), true);
      await assert.rejects(run(root), /systemctl: not started, the time is over/);
      await assert.rejects(run(MISSING), /\/dev\/sdzz did not appear before the time was over/);
    });

    it("writes its unit, or the engine, which requires it, could not be started before the installer has written all units", async () => {
      for (const docker of ["root", "rootless"] as const) {
        written = [];
        const setup: HostSetup = { ...root, docker };
        await run(setup).catch(() => undefined);
        const engine = dockerFiles(setup, { ...FACTS, user: "runner", uid: 1001, group: "runner", metadataDenied: false });
        const required = engine.flatMap(({ content }) => /^Requires=(.*)$/m.exec(content)?.[1]?.split(" ") ?? []);
        const names = [...written, ...engine.map(({ path }) => path)].map((path) => basename(path));
        assert.ok(required.includes(HOST_UNITS.storage));
        assert.deepEqual(
          required.filter((unit) => !names.includes(unit)),
          [],
        );
      }
    });
  });
});
