import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildRunnerArchive, type RunnerArchive, unpackRunnerArchive } from "../../../rehearsal/runner/archive";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { exited, TestRunner, until } from "./fixture";

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("the runner stand-in's archive", () => {
  let folder: string;
  let served: ServedGitHub | undefined;

  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "runner-archive-"))));
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await served?.close();
    served = undefined;
  });

  const unpack = (file: string) => {
    const target = mkdtempSync(join(folder, "unpacked-"));
    execFileSync("tar", ["xzf", file, "-C", target]);
    return target;
  };

  it("has the layout of the official archive, with `runsvc.sh` only in bin", async () => {
    const { file } = await buildRunnerArchive({ dir: join(folder, "archive") });
    const tree = unpack(file);
    const programs = ["bin/Runner.Listener", "bin/Runner.Worker", "bin/runsvc.sh", "bin/RunnerService.js"];
    const scripts = ["bin/installdependencies.sh", "config.sh", "env.sh", "run.sh"];
    for (const path of [...programs, ...scripts]) assert.ok(statSync(join(tree, path)).mode & 0o100, path);
    assert.equal(existsSync(join(tree, "runsvc.sh")), false);
    assert.equal(readlinkSync(join(tree, "externals/node20/bin/node")), "/usr/local/bin/node");
    assert.equal(readlinkSync(join(tree, "externals/node24/bin/node")), "/usr/local/bin/node");
    assert.match(readFileSync(join(tree, "bin/Runner.Worker"), "utf8"), /^#!\/usr\/local\/bin\/node\n/);
  });

  it("is identical to the byte in every build, since its digest is pinned", async () => {
    const first = await buildRunnerArchive({ dir: join(folder, "a") });
    const second = await buildRunnerArchive({ dir: join(folder, "b") });
    assert.equal(first.sha256, second.sha256);
    assert.deepEqual(await buildRunnerArchive({ dir: join(folder, "a") }), first);
    assert.equal(readdirSync(join(folder, "a")).length, 1);
  });

  it("never comes from a file that was already there under its name, which root would unpack", async () => {
    const { file, sha256 } = await buildRunnerArchive({ dir: folder });
    writeFileSync(file, "planted");
    assert.deepEqual(await buildRunnerArchive({ dir: folder }), { file, sha256 });
    assert.equal(digest(readFileSync(file)), sha256);
  });

  it("is not unpacked once it has changed since it was built", async () => {
    const archive = await buildRunnerArchive({ dir: folder });
    writeFileSync(archive.file, "planted");
    assert.throws(() => unpackRunnerArchive(archive, join(folder, "disk")), /has the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}/);
    assert.equal(existsSync(join(folder, "disk")), false);
  });

  it("keeps its links to the host's Node, and never writes outside of the disk, by a path or through a link", async () => {
    unpackRunnerArchive(await buildRunnerArchive({ dir: folder }), join(folder, "disk"));
    assert.equal(readlinkSync(join(folder, "disk/externals/node24/bin/node")), "/usr/local/bin/node");
    const outside = join(folder, "outside");
    mkdirSync(outside);
    const planted = join(folder, "planted");
    writeFileSync(planted, "planted");
    symlinkSync(outside, join(folder, "link"));
    const hostile: Record<string, string[]> = {
      "absolute path": [`--transform=s,.*,${outside}/file,`, "planted"],
      "path upwards": ["--transform=s,.*,../outside/file,", "planted"],
      "through a link": ["--transform=s,planted,link/file,", "link", "planted"],
    };
    for (const [how, args] of Object.entries(hostile)) {
      const file = join(folder, "hostile.tar.gz");
      execFileSync("tar", ["-czPf", file, "-C", folder, ...args]);
      const archive: RunnerArchive = { file, sha256: digest(readFileSync(file)) };
      try {
        unpackRunnerArchive(archive, join(folder, how));
      } catch {
        // Refusing the archive is as good as unpacking it below the folder.
      }
      assert.deepEqual(readdirSync(outside), [], how);
    }
  });

  it("refuses a missing override folder, instead of rehearsing without the overrides", async () => {
    const overrideDir = join(folder, "absent");
    await assert.rejects(buildRunnerArchive({ dir: folder, overrideDir }), /overrideDir .*absent does not exist/);
  });

  it("runs with files from the override folder in place of ours", async () => {
    const overrideDir = join(folder, "official");
    mkdirSync(join(overrideDir, "bin"), { recursive: true });
    const script = "#!/bin/bash\necho theirs\nexec ./externals/node20/bin/node ./bin/RunnerService.js\n";
    writeFileSync(join(overrideDir, "bin", "runsvc.sh"), script);
    chmodSync(join(overrideDir, "bin", "runsvc.sh"), 0o644);
    served = await serveGitHub();
    const runner = await TestRunner.unpack(served, overrideDir);
    try {
      assert.equal((await runner.configure("i-1")).code, 0);
      const service = runner.service();
      await until(
        "the output of the replaced script and of the listener",
        () => runner.said(/^theirs$/) && runner.said(/Listening for Jobs/),
      );
      service.kill("SIGTERM");
      assert.equal(await exited(service), 0);
    } finally {
      runner.dispose();
    }
  });

  it("contains only shell scripts that pass shellcheck", () => {
    const cwd = join(__dirname, "../../../rehearsal/runner/layout");
    const scripts = ["config.sh", "env.sh", "run.sh", "bin/runsvc.sh", "bin/installdependencies.sh"];
    execFileSync("shellcheck", ["--external-sources", ...scripts], { cwd, stdio: "inherit" });
  });
});
