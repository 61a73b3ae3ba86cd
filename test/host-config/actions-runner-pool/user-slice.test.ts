import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endUserSlice, killUserSlice } from "../../../host-config/actions-runner-pool/agent/user-slice";
import { FakeHost } from "./fake-host";

const UID = 1001;

describe("what jobs left in the slice of their user", () => {
  let folder: string;
  let host: FakeHost;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slice-"));
    host = new FakeHost();
    mkdirSync(slice(), { recursive: true });
    mkdirSync(join(folder, "linger"));
    writeFileSync(join(folder, "mark"), "");
    populated(true);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const slice = () => join(folder, "cgroups/user.slice", `user-${UID}.slice`);
  const populated = (yes: boolean) => writeFileSync(join(slice(), "cgroup.events"), `populated ${yes ? 1 : 0}\nfrozen 0\n`);
  const files = (cgroups = join(folder, "cgroups")) => ({
    cgroups: [join(folder, "absent"), cgroups],
    mark: join(folder, "mark"),
    linger: join(folder, "linger"),
  });
  const said: string[] = [];
  beforeEach(() => (said.length = 0));
  /** systemctl; the slice is empty after so many kills. */
  const after =
    (kills: number) =>
    async (...args: string[]) => {
      said.push(args.join(" "));
      if (said.length >= kills) populated(false);
    };

  it("is killed until nothing is left of it, or the next job would run beside it", async () => {
    assert.equal(await endUserSlice("runner", { uid: UID }, host.clock, {}, files(), after(3)), true);
    assert.deepEqual(said, Array(3).fill(`kill --signal=SIGKILL user-${UID}.slice`));
  });

  it("is left alone before the first start since boot: there was no job, and the image may run rootless Docker there", async () => {
    rmSync(join(folder, "mark"));
    assert.equal(await endUserSlice("runner", { uid: UID }, host.clock, {}, files(), after(1)), true);
    assert.deepEqual(said, []);
    assert.equal(await endUserSlice("runner", { uid: UID }, host.clock, {}, files(), after(1)), true);
    assert.equal(said.length, 1, "the second start ends what the first one's jobs left");
  });

  it("makes the start fail, after 10 s, if it survives", async () => {
    assert.equal(await endUserSlice("runner", { uid: UID }, host.clock, {}, files(), after(Infinity)), false);
    assert.ok(host.seconds() >= 10 && host.seconds() < 11, `${host.seconds()} s`);
  });

  it("does not cost jobs what the image runs for a lingering user, and needs no systemd where nobody is logged in", async () => {
    writeFileSync(join(folder, "linger/runner"), "");
    await endUserSlice("runner", { uid: UID }, host.clock, {}, files(), after(1));
    assert.equal(said.at(-1), `start --no-block user@${UID}.service`);
    rmSync(join(folder, "linger/runner"));
    said.length = 0;
    assert.equal(await endUserSlice("runner", { uid: UID + 1 }, host.clock, {}, files(), after(1)), true);
    assert.deepEqual(said, []);
  });

  it("gives a job no new service manager where instances return to the warm pool, because there only a job can have it linger", async () => {
    writeFileSync(join(folder, "linger/runner"), "");
    assert.equal(await endUserSlice("runner", { uid: UID }, host.clock, { reuse: true }, files(), after(1)), true);
    assert.deepEqual(said, [`kill --signal=SIGKILL user-${UID}.slice`]);
  });

  it("is killed at a return also before the first start since boot, when a job's service manager may run already", async () => {
    rmSync(join(folder, "mark"));
    assert.equal(await killUserSlice(UID, host.clock, files().cgroups, after(1)), true);
    assert.equal(said.length, 1);
    populated(true);
    const refusing = () => Promise.reject(new Error("timed out"));
    await assert.rejects(killUserSlice(UID, host.clock, files().cgroups, refusing), /timed out/);
  });

  it("ends chains of forks in a real cgroup, without systemd", async function () {
    const v2 = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((mount) => existsSync(join(mount, "cgroup.subtree_control")));
    if (v2 === undefined || process.getuid!() !== 0) return this.skip();
    const root = join(v2, `slice-test-${process.pid}`);
    const real = join(root, "user.slice", `user-${UID}.slice`, "app.slice");
    mkdirSync(real, { recursive: true });
    try {
      if (!existsSync(join(real, "cgroup.kill"))) return this.skip();
      const chain = "import os\nwhile True:\n  try:\n    if os.fork(): os._exit(0)\n  except OSError: pass";
      const left = spawn("bash", ["-c", `echo $$ >${real}/cgroup.procs; exec python3 -c '${chain}'`], { detached: true, stdio: "ignore" });
      await once(left, "exit");
      const clock = { now: () => performance.now(), sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
      assert.equal(await endUserSlice("runner", { uid: UID }, clock, {}, files(root), after(1)), true);
      assert.deepEqual(said, []);
    } finally {
      for (const gone of [real, join(real, ".."), join(real, "../.."), root]) rmdirSync(gone);
    }
  });
});
