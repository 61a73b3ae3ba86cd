import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineImage } from "../../../rehearsal/hosts/image";
import {
  FILES,
  LEFT_OUT,
  MACHINE_NODE,
  MASKED_GENERATORS,
  MASKED_UNITS,
  PACKAGES,
  recipeDigest,
  SUITE,
  TEAM_ARCHIVE,
  TEAM_IMAGE,
} from "../../../rehearsal/hosts/image-recipe";
import { CONTAINER_ROOT, indexEntry } from "../../../rehearsal/hosts/package-archive";
import { needContainers, openRig, type Rig, until } from "./rig";

/**
 * As on EC2 the job's user has subordinate ids; the engine runs as that user, in a unit of root's. Left to itself it would use
 * systemd's cgroups, by a D-Bus that such a unit has not, and run no container.
 */
const ENGINE = `useradd --create-home job
install -d -o job -m 700 /run/engine; chown job: /var/lib/ci-runners/docker
systemd-run -q --unit=engine --uid=job --setenv=XDG_RUNTIME_DIR=/run/engine --setenv=HOME=/var/lib/ci-runners/docker \\
  --setenv=PATH=/usr/sbin:/usr/bin:/sbin:/bin --setenv=DOCKERD_ROOTLESS_ROOTLESSKIT_NET=slirp4netns \\
  /usr/share/docker.io/contrib/dockerd-rootless.sh --data-root=/var/lib/ci-runners/docker --exec-opt native.cgroupdriver=cgroupfs`;
const DOCKER = "setpriv --reuid job --regid job --init-groups docker -H unix:///run/engine/docker.sock";

describe("a machine image with an archive of packages", () => {
  it("leaves the digest of the usual image as it was, or each rehearsal would build that anew", () => {
    const node = { version: process.version, arch: process.arch, bytes: statSync(process.execPath).size };
    const recipe = { format: 2, SUITE, PACKAGES, LEFT_OUT, MASKED_UNITS, MASKED_GENERATORS, FILES, MACHINE_NODE, node };
    const usual = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
    assert.equal(recipeDigest(), usual);
    assert.notEqual(recipeDigest({ archive: TEAM_ARCHIVE }), usual, "one would be booted for the other");
    assert.notEqual(recipeDigest({ archive: TEAM_ARCHIVE }), recipeDigest({ archive: TEAM_ARCHIVE.slice(1) }));
  });

  it("has an index with the size and the digest of each file, without which apt installs nothing from it", () => {
    const entry = indexEntry("Package: jq\nVersion: 1.6\nDescription: short\n long\n .\n longer\n", "jq_1.6_amd64.deb", Buffer.from("abc"));
    assert.equal(
      entry,
      "Package: jq\nVersion: 1.6\nDescription: short\n long\n .\n longer\nFilename: ./jq_1.6_amd64.deb\nSize: 3\n" +
        "SHA256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
    );
  });
});

describe("machines with the features that a team's machines have", function () {
  this.timeout(900_000);
  let rig: Rig;
  let dir: string;
  let device: string;
  const machine = { instanceId: "i-00000000000000d01", userData: "#!/bin/sh\n", instanceType: "m7i.large", privateIp: "10.20.0.21" };
  const sh = async (script: string) => {
    const { exitCode, stdout, stderr } = await rig.hosts.runCommand(machine.instanceId, [script]);
    assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
    return stdout.trim();
  };

  before(async function () {
    needContainers(this);
    const image = await machineImage({ ...TEAM_IMAGE, progress: (line) => console.log(`    ${line}`) });
    dir = mkdtempSync(join(tmpdir(), "devices-"));
    writeFileSync(join(dir, "volume"), "");
    truncateSync(join(dir, "volume"), 64 * 2 ** 20);
    device = execFileSync("losetup", ["--find", "--show", join(dir, "volume")], { encoding: "utf8" }).trim();
    rig = await openRig({ image, features: { containers: true, devices: () => [`${device}:/dev/sdf`] }, terminateGraceSeconds: 2 });
    await rig.hosts.launch(machine);
    // As user data begins: during its boot systemd empties /tmp, also under a package manager.
    const booted = ["test -e /var/lib/cloud/instance/boot-finished"];
    await until("the machine to boot", async () => (await rig.hosts.runCommand(machine.instanceId, booted)).exitCode === 0, 120);
  });
  after(async () => {
    await rig?.end();
    if (device !== undefined) execFileSync("losetup", ["--detach", device]);
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  });

  it("install the engine's packages by apt's usual commands, without a network", async () => {
    const forbidStarts = "printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d";
    await sh(`${forbidStarts}; apt-get update`);
    await sh(`DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends install -- ${TEAM_ARCHIVE.join(" ")}`);
    await sh("for program in dockerd rootlesskit newuidmap slirp4netns nft jq; do command -v $program; done");
    const unknown = await rig.hosts.runCommand(machine.instanceId, ["apt-get -y install -- no-such-package"]);
    assert.match(unknown.stderr, /Unable to locate package no-such-package/);
  });

  it("run a rootless engine with overlay2, and in it a container of an imported root file system", async () => {
    await sh(ENGINE);
    await until(
      "the engine answers",
      async () => (await rig.hosts.runCommand(machine.instanceId, [`${DOCKER} version`])).exitCode === 0,
      90,
    );
    assert.equal(await sh(`${DOCKER} info --format '{{.Driver}} {{.CgroupDriver}}'`), "overlay2 none");
    await sh(`${DOCKER} import ${CONTAINER_ROOT} rootfs`);
    assert.equal(await sh(`${DOCKER} run --rm rootfs sh -c 'echo ran as $(id -u)'`), "ran as 0");
    const owner = await sh(`${DOCKER} run -d rootfs sleep 600 >/run/id; stat -c %U /proc/$(pgrep -x sleep)`);
    await sh(`${DOCKER} rm -f $(cat /run/id)`);
    assert.equal(owner, "job", "root of a container is the job's user of the machine");
  });

  it("can filter packets by user, which is what keeps the metadata from containers", async () => {
    await sh("nft add table inet t; nft 'add chain inet t o { type filter hook output priority -10; }'");
    const probe = "curl -s -o /dev/null -m 2 http://169.254.169.254/";
    const asJob = `setpriv --reuid job --regid job --clear-groups ${probe}`;
    await sh(`${asJob} && ${probe}`);
    await sh("nft add rule inet t o meta skuid job ip daddr 169.254.169.254 drop");
    assert.notEqual((await rig.hosts.runCommand(machine.instanceId, [asJob])).exitCode, 0);
    await sh(probe);
  });

  it("have a device under the name that EC2 would give it, which they can format and mount", async () => {
    await sh("mkfs.ext4 -q -L ci-0 /dev/sdf; mkdir /data; mount -o nosuid,nodev /dev/sdf /data; echo kept >/data/file; umount /data");
    assert.equal(execFileSync("blkid", ["-o", "value", "-s", "LABEL", "-p", device], { encoding: "utf8" }).trim(), "ci-0");
  });

  it("keep the images of the engine and the content of a device over a power-off", async () => {
    await sh("systemctl stop engine");
    await rig.hosts.stop(machine.instanceId);
    await rig.hosts.start(machine.instanceId);
    assert.match(await sh("ls /var/lib/ci-runners/docker/overlay2 | wc -l"), /^[1-9]/);
    assert.equal(await sh("stat -c %a /dev/net/tun"), "666");
    assert.equal(await sh("mount /dev/sdf /data; cat /data/file"), "kept");
  });
});
