import assert from "node:assert/strict";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import type { HostClock } from "../../../../host-config/shared/ports/clock";
import type { Log } from "../../../../host-config/shared/ports/log";
import { boundedExec } from "../../../../host-config/shared/prepare/exec";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import { mountStorage, storageStage } from "../../../../host-config/shared/storage/storage";

const MISSING: HostSetup = { storage: { volumes: [{ device: "/dev/sdzz", mountPoint: "/data" }] } };
const USER = { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" };
const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Half a minute passes at once; what it waits for is this machine's own /sys and /dev. */
function hurried(): HostClock {
  let now = 0;
  return { now: () => now, sleep: async (ms) => void (now += ms) };
}

describe("the program that brings up a machine's volumes", () => {
  it("does nothing on a machine without volumes, neither at its launch nor at a boot", async () => {
    assert.equal(storageStage.due({}), false);
    await mountStorage({ setup: {}, user: USER, log }, hurried());
  });

  it("rejects at a boot without one of them, by the kernel's own list of devices", async () => {
    await assert.rejects(mountStorage({ setup: MISSING, user: USER, log }, hurried()), (error: unknown) => {
      assert.ok(error instanceof PrepareError, "its text is the line that the unit's journal shows");
      assert.match(error.message, /^storage: \/dev\/sdzz did not appear within 30 s/);
      return true;
    });
  });

  it("ends with the time of the preparation, which a device that never comes must not hold", async () => {
    assert.equal(storageStage.due(MISSING), true);
    const deadline = AbortSignal.abort();
    const context = { setup: MISSING, user: USER, instance: "i-1", deadline, say: () => undefined, exec: boundedExec(deadline) };
    // With docker: root the engine is stopped first, by a command that does not start any more.
    const root: HostSetup = { docker: "root", storage: { volumes: [{ device: "/dev/sdzz", mountPoint: "/var/lib/docker" }] } };
    await assert.rejects(storageStage.run({ ...context, setup: root }), /systemctl: not started, the time is over/);
  });
});
