import assert from "node:assert/strict";
import { HOST_PATHS } from "../../../../contract/shared/host-paths";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import {
  arrayCommand,
  arrayTreatmentOf,
  formatCommand,
  mountPointsOf,
  planOf,
  signatureOf,
  treatmentOf,
} from "../../../../host-config/shared/storage/plan";

const volume = (mountPoint: string, fromImage?: true) => ({ device: "/dev/sdf", mountPoint, ...(fromImage && { fromImage }) });
const found = (code: number, ...lines: string[]) => signatureOf({ code, stdout: lines.join("\n") });
const ours = { label: "ci-0", fromImage: false };

describe("what may be done with a device", () => {
  it("is a format only where nothing has ever been on it", () => {
    assert.equal(treatmentOf(ours, found(2)), "format");
    assert.equal(treatmentOf(ours, found(0, "DEVNAME=/dev/sdf", "LABEL=ci-0", "TYPE=ext4")), "use");
  });

  const others: [what: string, ...lines: string[]][] = [
    ["another label", "LABEL=postgres", "TYPE=ext4"],
    ["no label", "TYPE=ext4"],
    ["our label on another type", "LABEL=ci-0", "TYPE=xfs"],
    ["the label of another volume", "LABEL=ci-1", "TYPE=ext4"],
    ["a partition table", "PTTYPE=gpt"],
    ["a member of an array", "TYPE=linux_raid_member"],
    ["an encrypted volume", "TYPE=crypto_LUKS"],
    ["an answer without any type", "DEVNAME=/dev/sdf"],
  ];
  for (const [what, ...lines] of others) {
    it(`is nothing with ${what}, which holds someone's data`, () => {
      assert.equal(treatmentOf(ours, found(0, ...lines)), "foreign");
    });
  }

  it("is nothing with several signatures, or an error of the tool that looks for them", () => {
    for (const code of [1, 4, 8, 127, 137]) assert.equal(treatmentOf(ours, found(code)), "foreign", `exit code ${code}`);
  });

  it("is never a format with a device of the image, whatever is on it", () => {
    const image = { label: "ci-0", fromImage: true };
    assert.equal(treatmentOf(image, found(2)), "foreign");
    assert.deepEqual(
      ["ext4", "xfs", "btrfs"].map((type) => treatmentOf(image, found(0, `TYPE=${type}`, "LABEL=data"))),
      ["use", "use", "foreign"],
    );
  });
});

describe("the disks of an instance store", () => {
  const [blank, member, ext4] = [{}, { type: "linux_raid_member" }, { type: "ext4", label: "data" }];

  it("are striped anew where all are empty, put together again where none is, and otherwise left alone", () => {
    assert.equal(arrayTreatmentOf([blank, blank]), "create");
    assert.equal(arrayTreatmentOf([member, member]), "assemble");
    assert.equal(arrayTreatmentOf([blank, member]), "foreign");
    assert.equal(arrayTreatmentOf([blank, ext4]), "foreign");
  });

  it("become one array under a name that no boot changes, without a question that no one would answer", () => {
    assert.equal(
      arrayCommand("create", ["/dev/nvme1n1", "/dev/nvme2n1"]).join(" "),
      "mdadm --create /dev/md/ci-runners --level=0 --raid-devices=2 --name=ci-runners --assume-clean --run /dev/nvme1n1 /dev/nvme2n1",
    );
    assert.equal(
      arrayCommand("assemble", ["/dev/nvme1n1", "/dev/nvme2n1"]).join(" "),
      "mdadm --assemble --run /dev/md/ci-runners /dev/nvme1n1 /dev/nvme2n1",
    );
  });

  it("are formatted without being discarded first", () => {
    assert.equal(
      formatCommand("/dev/md/ci-runners", "ci-store").join(" "),
      "mkfs.ext4 -q -m 1 -E nodiscard -L ci-store /dev/md/ci-runners",
    );
  });
});

describe("where volumes are mounted", () => {
  it("is without set-user-id programs and devices, but for Docker, whose images have both", () => {
    const { volumes } = planOf({
      docker: "rootless",
      storage: { volumes: [volume("/data"), volume(HOST_PATHS.work), volume(HOST_PATHS.engine)] },
    });
    assert.deepEqual(
      volumes.map(({ label, options, owner, mode }) => [label, options.join(), owner, mode.toString(8)]),
      [
        ["ci-0", "nosuid,nodev", "user", "755"],
        ["ci-1", "nosuid,nodev", "user", "755"],
        ["ci-2", "", "user", "700"],
      ],
    );
  });

  it("includes the folder of containerd, where newer engines of the system keep images", () => {
    const { ofEngine } = planOf({ docker: "root", storage: { volumes: [volume("/var/lib/docker")] } });
    assert.deepEqual(
      ofEngine.map(({ source, mountPoint, owner }) => [source, mountPoint, owner]),
      [["/var/lib/docker/ci-runners-containerd", "/var/lib/containerd", "root"]],
    );
    assert.deepEqual(planOf({ docker: "root", storage: { volumes: [volume("/data")] } }).ofEngine, []);
  });

  it("is the work folder and Docker's for the instance store, of which jobs reach nothing else", () => {
    const store = (docker?: HostSetup["docker"]) => planOf({ docker, storage: { volumes: [], instanceStore: true } });
    assert.deepEqual(mountPointsOf(store()), [HOST_PATHS.scratch, HOST_PATHS.work]);
    assert.deepEqual(mountPointsOf(store("rootless")), [HOST_PATHS.scratch, HOST_PATHS.work, HOST_PATHS.engine]);
    assert.deepEqual(mountPointsOf(store("root")), [HOST_PATHS.scratch, HOST_PATHS.work, "/var/lib/docker", "/var/lib/containerd"]);
    const { scratch, ofScratch } = store();
    assert.deepEqual([scratch?.owner, scratch?.mode], ["root", 0o700]);
    assert.deepEqual(
      ofScratch.map(({ options }) => options.join()),
      ["nosuid,nodev"],
    );
  });
});
