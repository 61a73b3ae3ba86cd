import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteAllButCache } from "../../../../host-config/shared/docker/kept-data";

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
  const clean = (run?: Parameters<typeof deleteAllButCache>[4]) =>
    deleteAllButCache({ docker: "rootless" }, log, { root, runtime }, proc, run);

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
    const kept: string[][] = [];
    const run = async (_file: string, args: string[], { cwd }: { cwd: string }) => {
      if (cwd !== root) return;
      kept.push(args.slice(3));
      throw new Error("killed");
    };
    await assert.rejects(clean(run), /killed/);
    assert.deepEqual(kept, [["containers"]], "the folder by which they are known goes last");
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

  it("is freed of a job's own file systems first, which might never answer", async () => {
    writeFileSync(join(proc, "self/mountinfo"), `40 36 0:50 / ${root}/containers rw - fuse.planted planted rw\n`);
    const commands: string[][] = [];
    await clean(async (file, args) => void commands.push([file, ...args.slice(0, 2)]));
    assert.deepEqual(commands[0], ["umount", "--lazy", `${root}/containers`]);
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
