import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { updateFinished } from "../../../host-config/actions-runner-pool/agent/runner-update";
import { FakeHost } from "./fake-host";

describe("the wait for the runner's update before leftovers are killed", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "update-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("lasts until bash has ended the script, or the runner would be left without its programs", async () => {
    const script = join(folder, "_update.sh");
    writeFileSync(script, "echo begun\nread -r line\n");
    const update = spawn("bash", [script], { stdio: ["pipe", "pipe", "ignore"] });
    await once(update.stdout, "data");
    const host = new FakeHost();
    let looks = 0;
    host.clock.sleep = async (ms) => {
      host.advance(ms);
      if (++looks === 3) {
        update.stdin.end("\n");
        await once(update, "exit");
      }
    };
    await updateFinished(host.clock, () => [process.pid, update.pid!]);
    assert.equal(looks, 3);
  });

  it("ends after 30 s, and is not begun by another script", async () => {
    const host = new FakeHost();
    await updateFinished(host.clock, () => [process.pid]);
    assert.equal(host.seconds(), 0);
    const script = join(folder, "_update.sh");
    writeFileSync(script, "echo begun\nread -r line\n");
    const update = spawn("bash", [script], { stdio: ["pipe", "pipe", "ignore"] });
    try {
      await once(update.stdout, "data");
      await updateFinished(host.clock, () => [update.pid!]);
      assert.ok(host.seconds() >= 30 && host.seconds() < 31, `${host.seconds()} s`);
    } finally {
      update.kill("SIGKILL");
    }
  });

  it("reads no memory of a process, which a job can make wait for ever", async () => {
    const proc = join(folder, "proc");
    mkdirSync(join(proc, "7", "fd"), { recursive: true });
    // A read of these arguments would find an update.
    writeFileSync(join(proc, "7", "cmdline"), "bash\0/opt/actions-runner/_work/_update.sh\0");
    const host = new FakeHost();
    await updateFinished(host.clock, () => [7], proc);
    assert.equal(host.seconds(), 0);
  });
});
