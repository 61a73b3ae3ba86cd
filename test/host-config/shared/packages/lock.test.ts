import assert from "node:assert/strict";
import { lockHolder, whenUnlocked } from "../../../../host-config/shared/packages/lock";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import { FakeCommands, contextOf } from "./fake-exec";

/** As APT 2.6 writes them; test/proofs/team has the real one. DNF's text, and APT's of before 2.0, were not seen on a machine. */
const APT = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)";
const AFTER = "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?";

describe("a lock of the package manager", () => {
  it("is recognized with its holder, whichever lock it is", () => {
    assert.equal(lockHolder(APT), "812 (unattended-upgr)".replace(/[()]/g, ""));
    assert.equal(lockHolder("E: Could not get lock /var/lib/apt/lists/lock. It is held by process 90 (apt-get)"), "90 apt-get");
    assert.equal(
      lockHolder("E: Could not get lock /var/lib/apt/lists/lock - open (11: Resource temporarily unavailable)"),
      "another program",
    );
    assert.match(lockHolder(`Waiting for process with pid ${process.pid} to finish.`)!, new RegExp(`^${process.pid} \\S`));
    for (const other of [AFTER, "E: Unable to locate package lock", ""]) assert.equal(lockHolder(other), undefined);
  });

  it("is waited for, since a server's image updates itself in its first minutes", async () => {
    const locked = { code: 100, stderr: `${APT}\n${AFTER}\n` };
    const commands = new FakeCommands().on("apt-get", locked, locked, { code: 0, stdout: "done" });
    const { context, said } = contextOf(commands);
    assert.equal((await whenUnlocked(context, "apt-get", ["update"], {}, 1)).stdout, "done");
    assert.equal(commands.ran.length, 3);
    assert.deepEqual(said, ["packages: waiting for the lock that 812 unattended-upgr holds"]);
  });

  it("is not what another failure is taken for, which would be repeated until the end of the time", async () => {
    const commands = new FakeCommands().on("apt-get", { code: 100, stderr: "E: Unable to locate package jqq\n" });
    assert.equal((await whenUnlocked(contextOf(commands).context, "apt-get", [], {}, 1)).code, 100);
    assert.equal(commands.ran.length, 1);
  });

  for (const [manager, hanging] of [
    ["APT", { code: 100, stderr: `${APT}\n${AFTER}\n` }],
    ["DNF", { stdout: `Waiting for process with pid ${process.pid} to finish.`, hangs: true as const }],
  ] as const) {
    it(`that lasts is the reason with its holder, which no other line would show (${manager})`, async () => {
      const { context, endTime } = contextOf(new FakeCommands().on("x", hanging));
      const waiting = whenUnlocked(context, "x", [], {}, 60_000);
      setImmediate(endTime);
      await assert.rejects(waiting, (error) => {
        assert.ok(error instanceof PrepareError);
        assert.match(error.message, /^packages: the package manager was locked by (812 unattended-upgr|\d+ \S+) until setupTimeout$/);
        return true;
      });
    });
  }

  it("that was released is not the reason when the installation then takes too long", async () => {
    const stdout = `Waiting for process with pid ${process.pid} to finish.\nDownloading Packages:`;
    const { context, endTime } = contextOf(new FakeCommands().on("dnf", { stdout, hangs: true }));
    const waiting = whenUnlocked(context, "dnf", [], {}, 1);
    setImmediate(endTime);
    await assert.rejects(waiting, /^Error: dnf: not done before the time was over$/);
  });
});
