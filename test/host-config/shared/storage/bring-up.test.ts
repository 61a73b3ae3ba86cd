import assert from "node:assert/strict";
import { HOST_PATHS } from "../../../../contract/shared/host-paths";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { disk, FakeMachine } from "./fake-machine";

describe("the volumes of a machine", () => {
  let machine: FakeMachine;
  beforeEach(() => (machine = new FakeMachine()));

  const data: HostSetup = { storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/data" }] } };
  const image: HostSetup = { storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/data", fromImage: true, grows: true }] } };
  const store: HostSetup = { storage: { volumes: [], instanceStore: true } };
  const format = (path: string, label: string) => `mkfs.ext4 -q -m 1 -E nodiscard -L ${label} ${path}`;

  it("are formatted and mounted where the pool says, for the job's user", async () => {
    await machine.bringUp(data);
    assert.deepEqual(machine.commands, [format("/dev/sdf", "ci-0"), "mount -o nosuid,nodev /dev/sdf /data"]);
    assert.deepEqual([machine.folders, machine.given], [["/data"], ["/data 1001 755"]]);
    assert.deepEqual(machine.logged, [
      { level: "info", message: "volume mounted", fields: { device: "/dev/sdf", mountPoint: "/data", formatted: true } },
    ]);
  });

  it("are mounted and not formatted at each later boot, and not mounted again where they are", async () => {
    machine.signatures["/dev/sdf"] = "LABEL=ci-0\nTYPE=ext4\n";
    await machine.bringUp(data);
    await machine.bringUp(data);
    assert.deepEqual(machine.commands, ["mount -o nosuid,nodev /dev/sdf /data"]);
  });

  it("may be late by 20 s", async () => {
    Object.assign(machine, { paths: [], late: { "/dev/sdf": 20_000 } });
    await machine.bringUp(data);
    assert.equal(machine.commands.length, 2);
  });

  it("are missed after 30 s, and then nothing is formatted in their place", async () => {
    Object.assign(machine, { paths: ["/dev/sdg"], late: { "/dev/sdf": 31_000 } });
    assert.match(await machine.reason(data), /^storage: \/dev\/sdf did not appear within 30 s/);
    assert.deepEqual(machine.commands, []);
  });

  it("are neither formatted nor mounted where a device holds another's file system", async () => {
    machine.signatures["/dev/sdf"] = "LABEL=postgres\nTYPE=ext4\n";
    assert.equal(
      await machine.reason(data),
      "storage: /dev/sdf has a file system of type ext4, which a new volume has not: is it another device?",
    );
    assert.deepEqual(machine.commands, []);
  });

  it("are not formatted where a device cannot be read, of which blkid says the same as of an empty one", async () => {
    machine.fails["dd"] = { code: 1, stdout: "", stderr: "dd: error reading '/dev/sdf': Input/output error\n" };
    assert.equal(await machine.reason(data), "storage: /dev/sdf could not be read: dd: error reading '/dev/sdf': Input/output error");
    assert.deepEqual(machine.commands, []);
  });

  it("are refused where the image has something else mounted", async () => {
    machine.mounted["/data"] = "/dev/nvme0n1p3";
    assert.match(await machine.reason(data), /^storage: \/data has another file system than \/dev\/sdf mounted/);
    assert.deepEqual(machine.commands, []);
  });

  it("give the last line of the command that failed as the reason", async () => {
    machine.fails["mkfs.ext4"] = { code: 1, stdout: "", stderr: "mke2fs 1.47\nmkfs.ext4: Input/output error while writing\n" };
    assert.equal(await machine.reason(data), "storage: /dev/sdf could not be formatted: mkfs.ext4: Input/output error while writing");
    assert.deepEqual(machine.commands, [format("/dev/sdf", "ci-0")]);
    machine.fails = { mount: { code: 32, stdout: "", stderr: "mount: /data: can't read superblock on /dev/sdf.\n" } };
    assert.match(await machine.reason(data), /^storage: \/dev\/sdf could not be mounted at \/data: mount: .*superblock/);
  });

  it("of the image keep their content, and grow to the size that the pool gives them", async () => {
    machine.signatures["/dev/sdf"] = "LABEL=mirror\nTYPE=ext4\n";
    await machine.bringUp(image);
    assert.deepEqual(machine.commands, ["mount -o nosuid,nodev /dev/sdf /data", "resize2fs /dev/sdf"]);
    const other = new FakeMachine();
    other.signatures["/dev/sdf"] = "TYPE=xfs\n";
    await other.bringUp(image);
    assert.equal(other.commands.at(-1), "xfs_growfs /data");
    assert.match(
      await new FakeMachine().reason(image),
      /^storage: \/dev\/sdf of the image has no file system that can be mounted \(found: none\)/,
    );
  });

  it("of the image are left at their size where the pool gives none", async () => {
    machine.signatures["/dev/sdf"] = "TYPE=xfs\n";
    machine.missing = ["xfs_growfs"];
    await machine.bringUp({ storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/data", fromImage: true }] } });
    assert.deepEqual(machine.commands, ["mount -o nosuid,nodev /dev/sdf /data"]);
    assert.equal(
      await machine.reason(image),
      "storage: the file system on /dev/sdf could not be enlarged: xfs_growfs is not on this machine",
    );
  });

  it("include containerd's folder on Docker's, root's both", async () => {
    await machine.bringUp({ docker: "root", storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/var/lib/docker" }] } });
    assert.deepEqual(machine.commands.slice(1), [
      "mount /dev/sdf /var/lib/docker",
      "mount --bind /var/lib/docker/ci-runners-containerd /var/lib/containerd",
    ]);
    assert.ok(
      machine.given.every((line) => line.includes(" 0 ")),
      machine.given.join(),
    );
  });

  it("can do without an instance store, on a type that has none", async () => {
    await machine.bringUp(store);
    assert.deepEqual(machine.commands, []);
    assert.deepEqual(machine.given, [`${HOST_PATHS.work} 1001 755`]);
    assert.deepEqual(
      machine.logged.map(({ message }) => message),
      ["no instance store on this type"],
    );
  });

  it("use the one disk of an instance store as it is, and jobs reach their part of it alone", async () => {
    machine.blocks = [disk("nvme1n1")];
    await machine.bringUp(store);
    assert.deepEqual(machine.commands, [
      format("/dev/nvme1n1", "ci-store"),
      `mount /dev/nvme1n1 ${HOST_PATHS.scratch}`,
      `mount --bind ${HOST_PATHS.scratch}/work ${HOST_PATHS.work}`,
      `mount -o remount,bind,nosuid,nodev ${HOST_PATHS.work}`,
    ]);
    assert.deepEqual(machine.given, [`${HOST_PATHS.scratch} 0 700`, `${HOST_PATHS.scratch}/work 1001 755`]);
    assert.ok(machine.logged.some(({ level, message }) => level === "warn" && message === "the instance store is empty: formatted anew"));
  });

  it("stripe several disks of an instance store, and find the array again after a reboot, also under udev's name", async () => {
    machine.blocks = [disk("nvme2n1"), disk("nvme1n1")];
    await machine.bringUp(store);
    assert.match(machine.commands[0]!, /^mdadm --create \/dev\/md\/ci-runners .* \/dev\/nvme1n1 \/dev\/nvme2n1$/);
    assert.equal(machine.commands[1], format("/dev/md/ci-runners", "ci-store"));

    const rebooted = new FakeMachine();
    rebooted.blocks = machine.blocks;
    const member = "TYPE=linux_raid_member\n";
    rebooted.signatures = { "/dev/nvme1n1": member, "/dev/nvme2n1": member, "/dev/md/ci-runners": "LABEL=ci-store\nTYPE=ext4\n" };
    await rebooted.bringUp(store);
    assert.deepEqual(rebooted.commands.slice(0, 2), [
      "mdadm --assemble --run /dev/md/ci-runners /dev/nvme1n1 /dev/nvme2n1",
      `mount /dev/md/ci-runners ${HOST_PATHS.scratch}`,
    ]);

    const assembled = new FakeMachine();
    assembled.blocks = [disk("nvme1n1", "md127"), disk("nvme2n1", "md127")];
    assembled.signatures = { "/dev/md127": "LABEL=ci-store\nTYPE=ext4\n" };
    await assembled.bringUp(store);
    assert.equal(assembled.commands[0], `mount /dev/md127 ${HOST_PATHS.scratch}`);
  });

  it("stripe nothing that holds data", async () => {
    machine.blocks = [disk("nvme1n1"), disk("nvme2n1")];
    machine.signatures["/dev/nvme2n1"] = "TYPE=xfs\n";
    assert.match(await machine.reason(store), /^storage: the disks of the instance store hold nothing and xfs: /);
    assert.deepEqual(machine.commands, []);
  });
});
