import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { deleteAllButCache } from "../../../../host-config/shared/docker/kept-data";

type Run = NonNullable<Parameters<typeof deleteAllButCache>[4]>;
const IS_ROOT = process.getuid!() === 0;
/** Only root may have a mount namespace of its own; nothing is mounted where the tests run without. */
const RUN: Run = async (file, args, options) =>
  IS_ROOT || file !== "unshare" ? promisify(execFile)(file, args, options) : promisify(execFile)(args[3]!, args.slice(4), options);

describe("the data of a rootless engine before each of its starts", () => {
  let folder: string;
  let root: string;
  let proc: string;
  let runtime: string;
  let warnings: string[];
  const log = { warn: (message: string) => void warnings.push(message) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-"));
    [root, runtime, proc] = [join(folder, "docker"), join(folder, "runtime"), join(folder, "proc")];
    mkdirSync(root);
    mkdirSync(runtime);
    mkdirSync(join(proc, "self"), { recursive: true });
    writeFileSync(join(proc, "self/mountinfo"), "");
    warnings = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (...paths: string[]) => {
    for (const path of paths) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), "x");
    }
  };
  const clean = (run = RUN) => deleteAllButCache({ docker: "rootless" }, log, { root, runtime }, proc, run);

  it("is only what jobs cached: nothing that an engine would start by itself", async () => {
    put("overlay2/l/a", "image/overlay2/b", "volumes/v/_data/c", "buildkit/d", "containerd/daemon/e", "vfs/f", "fuse-overlayfs/g");
    put("plugins/p/config.json", "swarm/state.json", "network/files/local-kv.db", "runtimes/r", ".hidden", "..odd", "engine-id");
    mkdirSync(join(root, "containers"));
    await clean();
    const kept = ["buildkit", "containerd", "fuse-overlayfs", "image", "overlay2", "vfs", "volumes"];
    assert.deepEqual(readdirSync(root).sort(), kept);
    assert.ok(existsSync(join(root, "volumes/v/_data/c")));
    assert.deepEqual(warnings, []);
  });

  it("is nothing at all if containers outlived their job, with their layers, and a line says so", async () => {
    put("overlay2/l/a", "image/b", "containers/0a/config.v2.json");
    await clean();
    assert.deepEqual(readdirSync(root), []);
    assert.deepEqual(warnings, ["containers outlived their job: the engine's data was deleted"]);
  });

  it("is deleted in an order in which a deletion that was cut short is continued", async () => {
    put("overlay2/a", "zfs/b", "containers/0a/config.v2.json");
    const run: Run = (file, args, options) =>
      RUN(
        file,
        args.map((arg) => arg.replace("delete containers ||", () => "delete containers; kill -KILL $$ ||")),
        options,
      );
    await assert.rejects(clean(run));
    assert.deepEqual(readdirSync(root), ["containers"], "the folder by which they are known goes last");
    put("overlay2/a");
    await clean();
    assert.deepEqual(readdirSync(root), [], "layers that no engine knows stay for ever");
  });

  it("is not searched through a link or another file in the folder's place: either is a job's", async () => {
    put("image/a");
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "precious"), "x");
    symlinkSync(elsewhere, join(root, "containers"));
    await clean();
    assert.deepEqual(readdirSync(root), []);
    assert.ok(existsSync(join(elsewhere, "precious")));
    put("image/a", "containers");
    await clean();
    assert.deepEqual(readdirSync(root), [], "a file in its place");
  });

  it("includes nothing below /run, which a job may have filled, so that no engine could start", async () => {
    writeFileSync(join(runtime, "fill"), "x");
    put("image/a");
    await clean();
    assert.deepEqual([readdirSync(runtime), readdirSync(root)], [[], ["image"]]);
  });

  describe("where a job has mounted file systems of its own, which might never answer", () => {
    /** Where a file system really is. For the test it need not be a FUSE, only be listed as one. */
    let mounts: string[];
    beforeEach(function () {
      mounts = [];
      if (!IS_ROOT) this.skip();
    });
    afterEach(() => {
      for (const path of mounts) if (mounted(path)) execFileSync("umount", ["--lazy", path]);
    });
    const mount = (path: string) => {
      mkdirSync(path, { recursive: true });
      execFileSync("mount", ["-t", "tmpfs", "tmpfs", path]);
      mounts.push(path);
      writeFileSync(join(path, "precious"), "x");
    };
    const mounted = (path: string) => readFileSync("/proc/self/mountinfo", "utf8").includes(` ${path} `);
    const list = (...paths: string[]) =>
      writeFileSync(join(proc, "self/mountinfo"), paths.map((path) => `40 36 0:50 / ${path} rw - fuse.planted planted rw\n`).join(""));

    it("is freed of them, also in a folder that otherwise stays: an engine that lacks what is below would not start", async () => {
      put("image/a", "overlay2/b");
      mount(join(root, "overlay2/l/deep"));
      mount(runtime);
      mount(join(runtime, "sockets"));
      list(join(root, "overlay2/l/deep"), runtime, join(runtime, "sockets"));
      await clean();
      assert.deepEqual(mounts.filter(mounted), []);
      assert.deepEqual([readdirSync(root), readdirSync(runtime)], [[], []]);
      assert.deepEqual(warnings, ["a job has mounted a file system in the engine's folder: its data was deleted"]);
    });

    it("leads to no file system of the machine's, also if a link is put in the way of the detachment", async () => {
      const elsewhere = join(folder, "elsewhere");
      mount(join(elsewhere, "run"));
      // As it is read, `a` is a folder; when umount comes to it, a link.
      list(join(root, "a/run"));
      symlinkSync(elsewhere, join(root, "a"));
      await clean();
      assert.ok(mounted(join(elsewhere, "run")), "root has detached what a job chose");
      assert.ok(existsSync(join(elsewhere, "run/precious")));
      assert.deepEqual(readdirSync(root), []);
    });
  });

  it("does not count as deleted where something stays, or the engine would start with it", async () => {
    put("plugins/p");
    await assert.rejects(
      deleteAllButCache({ docker: "rootless" }, log, { root, runtime }, proc, async () => {
        throw new Error("exit code 1");
      }),
    );
  });

  it("is left alone where the engine is the system's, and on a machine without one", async () => {
    put("plugins/p");
    await deleteAllButCache({ docker: "root" }, log, { root, runtime }, proc);
    assert.ok(existsSync(join(root, "plugins/p")));
    await deleteAllButCache({ docker: "rootless" }, log, { root: join(folder, "none"), runtime: join(folder, "none") }, proc);
  });
});
