import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokenSeal, seal } from "../../../rehearsal/cache-folder";
import { machineImage } from "../../../rehearsal/hosts/image";
import { PACKAGES, packagesOf, recipeDigest, SUITE, SUITES } from "../../../rehearsal/hosts/image-recipe";
import { containersAvailable, systemdHostsAvailable } from "../../../rehearsal/hosts/systemd";
import { CONTAINER_NEEDS } from "../../../rehearsal/hosts/systemd/available";
import { cgroupMounts } from "../../../rehearsal/hosts/systemd/cgroups";
import { needSystemd } from "./rig";

const ROOT = join(__dirname, "../../..");
const INSTALLER = join(ROOT, "scripts/install-system-packages.sh");

describe("the prerequisites of machines", () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "preparation-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** A PATH with only these tools, and an apt-get that records its arguments. */
  function bare(uid: number): { env: NodeJS.ProcessEnv; calls: () => string } {
    for (const tool of ["sh", "sort", "tr", "mktemp", "rm", "tail"])
      symlinkSync(execFileSync("which", [tool], { encoding: "utf8" }).trim(), join(dir, tool));
    const program = (name: string, text: string) => {
      writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(dir, name), 0o755);
    };
    program("id", `echo ${uid}`);
    program("apt-get", `echo "$DEBIAN_FRONTEND $*" >>${dir}/calls`);
    return { env: { PATH: dir }, calls: () => (existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8") : "") };
  }

  it("are installed without prompts, after an update of the package lists, on a host that has none of them", () => {
    const { env, calls } = bare(0);
    const result = spawnSync("/bin/sh", [INSTALLER], { env, encoding: "utf8" });
    assert.equal(result.status, 0, result.stderr);
    const [update, install] = calls().trim().split("\n");
    assert.match(update!, /^noninteractive .*update$/);
    assert.match(install!, /^noninteractive .*install -y .*mmdebstrap.*python3-venv.*systemd-container/);
  });

  it("are listed in one line with both remedies if the user may not install them", () => {
    const { env, calls } = bare(1000);
    const result = spawnSync("/bin/sh", [INSTALLER], { env, encoding: "utf8" });
    assert.equal(result.status, 1);
    assert.match(result.stderr, /missing: .*mmdebstrap.*run this script as root, or rehearse with --hosts simulated\n$/);
    assert.equal(calls(), "");
  });

  it("are reported as unavailable, in one line, to a user who is not root", () => {
    const real = process.getuid!;
    process.getuid = () => 1000;
    try {
      assert.deepEqual(systemdHostsAvailable(), { ok: false, reason: "systemd machines need root, and this user is not root" });
    } finally {
      process.getuid = real;
    }
  });

  it("for containers are tried as an ordinary user, whom a security module may refuse what it allows root", () => {
    for (const { script } of CONTAINER_NEEDS.filter((need) => need.script.includes("unshare"))) {
      assert.match(script, /^exec setpriv --reuid 65534 .* unshare --user /);
    }
    assert.equal(CONTAINER_NEEDS.length, 3);
  });

  it("for containers are reported with the setting of the distribution that lacks them", function () {
    needSystemd(this);
    const answer = containersAvailable((script) => !script.includes("unshare"));
    assert.ok(!answer.ok);
    assert.match(answer.reason, /^containers cannot run on machines: .*kernel\.apparmor_restrict_unprivileged_userns, 1 on Ubuntu 24\.04/);
  });

  it("include cgroup v2, found on a pure v2 host and on a hybrid one, but not on one that has only v1", () => {
    const v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
    const hybrid = [
      "31 24 0:27 / /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw",
      "32 24 0:28 / /sys/fs/cgroup/systemd rw shared:6 - cgroup cgroup rw,xattr,name=systemd",
      "33 24 0:29 / /sys/fs/cgroup/memory rw shared:7 - cgroup cgroup rw,memory",
    ];
    assert.deepEqual(cgroupMounts(v2), { unified: "/sys/fs/cgroup", legacy: undefined });
    assert.deepEqual(cgroupMounts(hybrid.join("\n")), { unified: "/sys/fs/cgroup/unified", legacy: "/sys/fs/cgroup/systemd" });
    assert.equal(cgroupMounts(hybrid.slice(1).join("\n")), undefined);
  });

  it("leave no incomplete image after a failed build, which the next run would boot", async function () {
    needSystemd(this);
    const lines: string[] = [];
    const mirror = "http://127.0.0.1:9/debian"; // Nothing listens on the discard port.
    await assert.rejects(
      machineImage({ cacheDir: dir, mirror, progress: (line) => lines.push(line) }),
      /CI_RUNNERS_DEBIAN_MIRROR.*\n?.*--hosts simulated/,
    );
    assert.deepEqual(readdirSync(dir), ["lock"]);
    assert.match(lines[0]!, /^machine image: building Debian/);
  });

  it("reuse an existing image without a build or a message", async () => {
    const root = join(dir, recipeDigest(), "root");
    mkdirSync(root, { recursive: true });
    seal(root);
    const lines: string[] = [];
    assert.equal(await machineImage({ cacheDir: dir, progress: (line) => lines.push(line) }), root);
    assert.deepEqual(lines, []);
  });

  it("refuse to boot an image that has changed since it was built, or that merely has the right name", async () => {
    const root = join(dir, recipeDigest(), "root");
    mkdirSync(root, { recursive: true });
    await assert.rejects(machineImage({ cacheDir: dir }), /machine image: .* has no record of its content, .*remove \S+$/);
    seal(root);
    writeFileSync(join(root, "planted"), "");
    assert.notEqual(brokenSeal(root), undefined);
    await assert.rejects(machineImage({ cacheDir: dir }), /machine image: the content of .* has changed .*, so root must not boot it/);
  });

  it("have an image for each Debian release, none of which is taken for another's", () => {
    const digests = SUITES.map((suite) => recipeDigest({ suite }));
    assert.equal(new Set(digests).size, SUITES.length);
    assert.equal(digests[SUITES.indexOf(SUITE)], recipeDigest(), "the usual image must not be built anew");
    assert.deepEqual(packagesOf("bookworm"), PACKAGES);
    assert.ok(packagesOf("bullseye").includes("policykit-1") && !packagesOf("bullseye").includes("polkitd"), "Debian 11 has no polkitd");
  });

  it("refuse a cache folder that other users can write to", async () => {
    chmodSync(dir, 0o777);
    await assert.rejects(machineImage({ cacheDir: dir }), /is writable by other users \(mode 777\)/);
  });

  it("have shell scripts that shellcheck accepts", function () {
    if (spawnSync("shellcheck", ["--version"]).status !== 0) {
      if (process.env.CI_RUNNERS_REQUIRE_SYSTEMD === "1")
        assert.fail("shellcheck is not installed; run scripts/install-system-packages.sh");
      this.skip();
    }
    const scripts = ["scripts", "rehearsal/hosts/systemd", "test/host-config/actions-runner-pool"].flatMap((folder) =>
      readdirSync(join(ROOT, folder))
        .filter((name) => name.endsWith(".sh"))
        .map((name) => join(ROOT, folder, name)),
    );
    assert.ok(scripts.length >= 3);
    const result = spawnSync("shellcheck", scripts, { encoding: "utf8" });
    assert.equal(result.status, 0, result.stdout);
  });
});
