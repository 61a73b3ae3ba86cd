import assert from "node:assert/strict";
import { apt } from "../../../../host-config/shared/packages/apt";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import { FakeCommands, contextOf } from "./fake-exec";

const PAUSES = [1, 1];
const GONE = "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Could not connect to deb.debian.org:80";
const manager = (commands: FakeCommands) => apt(contextOf(commands).context, PAUSES);

async function reason(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail("it did not fail"),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof PrepareError, String(error));
  return error.message;
}

describe("APT", () => {
  it("counts only what is installed as installed, not what was removed and left its configuration", async () => {
    const stdout = "installed\tcurl\t7.88.1-10\nconfig-files\tjq\t1.6-2.1\ninstalled\tlibc6\t2.36\ninstalled\tlibc6\t2.36\n";
    const installed = await manager(new FakeCommands().on("dpkg-query", { stdout })).installed();
    assert.deepEqual([...installed.keys()], ["curl", "libc6"]);
  });

  it("asks for few names of the archive: of all, only the last would be kept, and Docker's client might be missing", async () => {
    const commands = new FakeCommands().on("apt-cache pkgnames docker", { stdout: "docker-cli\ndocker.io\n" });
    assert.ok((await manager(commands).offered()).has("docker-cli"));
  });

  it("asks no question, restarts no service of the bootstrap and installs nothing that was not asked for", async () => {
    const commands = new FakeCommands();
    await manager(commands).install(["jq", "git=1:2.39"], true);
    const [command] = commands.ran;
    for (const part of ["-y", "--no-install-recommends", "Dpkg::Options::=--force-confold"])
      assert.ok(command!.includes(` ${part} `), part);
    assert.ok(command!.endsWith(" -- jq git=1:2.39"), command);
    assert.deepEqual(commands.environments[0], {
      DEBIAN_FRONTEND: "noninteractive",
      NEEDRESTART_SUSPEND: "1",
      UCF_FORCE_CONFFOLD: "1",
    });
  });

  it("tries a mirror three times that refuses at first", async () => {
    const commands = new FakeCommands().on("apt-get update", { stderr: GONE }, { code: 100, stderr: "E: 503" }, {});
    await manager(commands).refresh();
    assert.equal(commands.ran.length, 3);
  });

  it("names the mirror that does not answer, instead of a package that the archive seems to lack", async () => {
    const commands = new FakeCommands()
      .on("apt-get update", { code: 0, stderr: `${GONE}\nW: Some index files failed to download.` })
      .on("apt-get install", { code: 100, stderr: "E: Unable to locate package jq\n" });
    const one = manager(commands);
    // Other archives may have answered, so this alone is no failure.
    await one.refresh();
    assert.equal(await reason(one.install(["jq"], true)), `packages: apt-get update failed: ${GONE}`);
  });

  it("fails if it cannot update its lists at all", async () => {
    const commands = new FakeCommands().on("apt-get update", { code: 100, stderr: "E: The list of sources could not be read.\n" });
    assert.equal(await reason(manager(commands).refresh()), "packages: apt-get update failed: E: The list of sources could not be read.");
    assert.equal(commands.ran.length, 3);
  });

  for (const [what, stderr, name] of [
    ["no such package", "E: Unable to locate package jqq\n", "jqq"],
    ["no such version", "E: Version '9' for 'jq' was not found\n", "jq"],
    ["a virtual package", "E: Package 'awk' has no installation candidate\n", "awk"],
  ] as const) {
    it(`names the entry of which the archive has ${what}`, async () => {
      const commands = new FakeCommands().on("apt-get install", { code: 100, stdout: "Reading package lists...\n", stderr });
      const found = await reason(manager(commands).install(["jq"], true));
      assert.equal(found, `packages: ${name}: the archive has no such package or version: ${stderr.trim()}`);
    });
  }

  it("does not install all packages that a name with a dot matches as a pattern", async () => {
    const commands = new FakeCommands().on("apt-cache policy -- pyth.n", { stdout: "python3:\n  Installed: (none)\n" });
    assert.match(await reason(manager(commands).install(["jq", "pyth.n"], true)), /^packages: pyth\.n: the archive has no such package/);
    assert.ok(!commands.ran.some((command) => command.startsWith("apt-get")));
    commands.on("apt-cache policy -- g++", { stdout: "g++:\n  Installed: (none)\n" });
    await manager(commands).install(["g++"], true);
  });

  it("shows the end of what a package's own script says when it fails", async () => {
    const stderr =
      "dpkg: error processing package x (--configure):\n exit status 1\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n";
    const commands = new FakeCommands().on("apt-get install", { code: 100, stderr });
    assert.equal(
      await reason(manager(commands).install(["x"], true)),
      "packages: apt-get install failed: dpkg: error processing package x (--configure): | exit status 1 | " +
        "E: Sub-process /usr/bin/dpkg returned an error code (1)",
    );
  });

  it("completes what a killed bootstrap has left half installed", async () => {
    const interrupted = {
      code: 100,
      stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.\n",
    };
    const commands = new FakeCommands().on("apt-get install", interrupted, {});
    await manager(commands).install(["jq"], true);
    assert.deepEqual(
      commands.ran.map((command) => command.split(" ").slice(0, 2).join(" ")),
      ["apt-get install", "dpkg --configure", "apt-get install"],
    );
  });
});
