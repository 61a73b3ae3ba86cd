import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { needSystemd, openRig, type Rig, traces, until } from "./rig";

const FIRST = "i-00000000000000d01";
const NEXT = "i-00000000000000d02";
const VOLUME = { volumeId: "vol-0123456789abcdef0", deviceName: "/dev/sdf", sizeGib: 1 };
const BY_ID = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0";

describe("volumes that outlive real machines", () => {
  let rig: Rig;
  const unexpected: string[] = [];
  const machine = (instanceId: string, privateIp: string) => ({ instanceId, privateIp, userData: "#!/bin/sh\n", instanceType: "t3.small" });
  const sh = async (instance: string, script: string) => {
    const { exitCode, stdout, stderr } = await rig.hosts.runCommand(instance, [script]);
    assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const bootId = () => sh(FIRST, "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1");

  before(async function () {
    needSystemd(this);
    this.timeout(600_000); // The image may have to be built.
    rig = await openRig({ terminateGraceSeconds: 2, stopGraceSeconds: 60, onUnexpectedEnd: (id) => unexpected.push(id) });
    await rig.hosts.launch(machine(FIRST, "10.20.0.21"));
  });
  after(() => rig?.end());

  it("come to a machine while it runs, under the names that udev has on Nitro", async () => {
    await rig.hosts.attachVolume(FIRST, VOLUME);
    assert.equal(await sh(FIRST, `readlink -f ${BY_ID}`), "/dev/nvme1n1");
    const probe = await rig.hosts.runCommand(FIRST, [`blkid ${BY_ID}`]);
    assert.equal(probe.exitCode, 2, "a new volume has no file system");
    await sh(FIRST, `mkfs.ext4 -q ${BY_ID} && mkdir -p /ci-cache && mount ${BY_ID} /ci-cache && echo first >/ci-cache/marker`);
  });

  it("do not leave a machine that has them mounted", async () => {
    assert.equal(await rig.hosts.detachVolume(FIRST, VOLUME.volumeId), false);
    assert.equal(await sh(FIRST, "cat /ci-cache/marker"), "first");
  });

  it("are there from the next boot's begin, with their content", async () => {
    await rig.hosts.stop(FIRST);
    assert.deepEqual(traces(FIRST), []);
    const file = join(rig.run.dir, "volumes", VOLUME.volumeId);
    assert.equal(execFileSync("losetup", ["--associated", file], { encoding: "utf8" }), "", "a machine that is off holds no device");
    await rig.hosts.start(FIRST);
    await sh(FIRST, `test -b ${BY_ID} && test -b /dev/nvme1n1 && mkdir -p /ci-cache && mount ${BY_ID} /ci-cache`);
    assert.equal(await sh(FIRST, "cat /ci-cache/marker"), "first");
    await sh(FIRST, "umount /ci-cache");
  });

  it("leave a running machine that has not mounted them, and come to another one", async () => {
    assert.equal(await rig.hosts.detachVolume(FIRST, VOLUME.volumeId), true);
    assert.equal(await sh(FIRST, `ls ${BY_ID} /dev/nvme1n1 2>/dev/null || echo gone`), "gone");
    await rig.hosts.launch({ ...machine(NEXT, "10.20.0.22"), kept: [VOLUME] });
    await sh(NEXT, `mkdir /ci-cache && mount ${BY_ID} /ci-cache && echo next >>/ci-cache/marker`);
    assert.equal(await sh(NEXT, "cat /ci-cache/marker"), "first\nnext");
  });

  it("outlive the machine's end, grow, and are gone only when they are deleted", async () => {
    await rig.hosts.terminate(NEXT);
    const file = join(rig.run.dir, "volumes", VOLUME.volumeId);
    await rig.hosts.growVolume(VOLUME.volumeId, 2);
    assert.equal(statSync(file).size, 2 * 1024 ** 3);
    await rig.hosts.attachVolume(FIRST, { ...VOLUME, sizeGib: 2 });
    await sh(FIRST, `mount ${BY_ID} /ci-cache`);
    assert.equal(await sh(FIRST, "cat /ci-cache/marker"), "first\nnext");
    await sh(FIRST, "umount /ci-cache");
    assert.equal(await rig.hosts.detachVolume(FIRST, VOLUME.volumeId), true);
    await rig.hosts.deleteVolume(VOLUME.volumeId);
    assert.equal(existsSync(file), false);
  });

  it("do not keep a machine from a stop by force, which does not wait for its shutdown", async () => {
    await rig.hosts.attachVolume(FIRST, VOLUME);
    await sh(FIRST, `mkfs.ext4 -q ${BY_ID} && mount ${BY_ID} /ci-cache`);
    const before = await bootId();
    const stubborn = "systemd-run -q --unit=stubborn -p TimeoutStopSec=infinity -p 'ExecStop=/bin/sleep infinity' sleep infinity";
    await sh(FIRST, stubborn);
    let orderlyEnded = false;
    const orderly = rig.hosts.stop(FIRST).then(() => (orderlyEnded = true));
    const stateOf = async () => (await rig.hosts.runCommand(FIRST, ["systemctl is-active stubborn"])).stdout.trim();
    await until("the shutdown waits for the unit", async () => (await stateOf()) === "deactivating");
    assert.equal(orderlyEnded, false);
    await rig.hosts.stop(FIRST, { force: true });
    await orderly;
    assert.deepEqual(unexpected, [], "a stop by force is no end of the machine's own");
    await rig.hosts.start(FIRST);
    assert.notEqual(await bootId(), before);
  });
});
