import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOST_PATHS } from "../../../../contract/shared/host-paths";
import { removeFormerFence, restoreRootsEngine } from "../../../../host-config/shared/docker/former-engine";
import type { DockerContext } from "../../../../host-config/shared/docker/started-engine";

describe("an image that was made from a machine with a rootless engine", () => {
  let folder: string;
  let commands: string[];
  const path = (name: string) => join(folder, name);
  const host = () => ({
    temporaryFiles: path("tmpfiles"),
    socket: path("docker.sock"),
    fenceUnit: path("fence.service"),
    fence: path("nft"),
  });
  const context = () =>
    ({
      exec: async (file: string, args: string[]) => {
        commands.push([file, ...args].join(" "));
        return { code: 0, stdout: "", stderr: "" };
      },
    }) as unknown as DockerContext;
  const run = async (file: string, args: string[]) => {
    commands.push([file, ...args].join(" "));
    if (file === "nft") throw new Error("no such table");
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "former-engine-"));
    commands = [];
    for (const name of ["tmpfiles", "fence.service", "nft"]) writeFileSync(path(name), "");
    symlinkSync(HOST_PATHS.engineSocket, path("docker.sock"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("has root's engine again in a pool with that one, or each launch would end without an engine", async () => {
    await restoreRootsEngine(context(), host());
    assert.deepEqual(commands, ["systemctl unmask docker.socket docker.service containerd.service snap.docker.dockerd.service"]);
    assert.equal(lstatSync(path("docker.sock"), { throwIfNoEntry: false }), undefined, "the socket's path leads nowhere");
    assert.ok(!existsSync(path("tmpfiles")), "the next boot would make the link again");
  });

  it("is told from one whose own builder has masked the engine, or has another one behind the path", async () => {
    rmSync(path("tmpfiles"));
    await restoreRootsEngine(context(), host());
    assert.deepEqual(commands, []);
    writeFileSync(path("tmpfiles"), "");
    rmSync(path("docker.sock"));
    writeFileSync(path("docker.sock"), "another engine's");
    await restoreRootsEngine(context(), host());
    assert.ok(existsSync(path("docker.sock")));
  });

  it("denies the metadata no longer where jobs may use the role, whichever engine they have", async () => {
    for (const [setup, denied] of [
      [{ docker: "rootless" }, false],
      [{ docker: "root" }, true],
      [{}, false],
    ] as const) {
      for (const name of ["fence.service", "nft"]) writeFileSync(path(name), "");
      commands = [];
      await removeFormerFence(setup, denied, run, host());
      const expected = ["systemctl disable runner-metadata-fence.service", "nft delete table inet ci_runners_metadata"];
      assert.deepEqual(commands, expected);
      assert.deepEqual([existsSync(path("fence.service")), existsSync(path("nft"))], [false, false]);
      await removeFormerFence(setup, denied, run, host());
      assert.deepEqual(commands, expected, "a machine without one is asked nothing");
    }
  });

  it("denies it as before where it has to", async () => {
    await removeFormerFence({ docker: "rootless" }, true, run, host());
    assert.deepEqual(commands, []);
    assert.ok(existsSync(path("fence.service")));
  });
});
