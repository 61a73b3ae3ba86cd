import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlockDevice,
  type DeviceSnapshot,
  instanceStores,
  nameInVendorArea,
  nameOf,
  namesOf,
  pathOf,
} from "../../../../host-config/shared/storage/devices";
import { countInstanceStores, snapshotOf } from "../../../../host-config/shared/storage/snapshot";

const EBS = "Amazon Elastic Block Store              ";
const STORE = "Amazon EC2 NVMe Instance Storage        ";

const block = (name: string, model = "", ec2Name?: string): BlockDevice => ({ name, model: model.trim(), ec2Name, holders: [] });

/** `nvme id-ctrl --vendor-specific`, shortened, of a volume that was attached under the name. */
function vendorArea(name: string): string {
  const bytes = Buffer.from(name.padEnd(32));
  const row = (offset: number) => [...bytes.subarray(offset, offset + 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `NVME Identify Controller:
vid       : 0x1d0f
sn        : vol0123456789abcdef0
mn        : Amazon Elastic Block Store
vs[]:
       0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f
0000: ${row(0)} "${bytes.subarray(0, 16).toString().replaceAll(" ", ".")}"
0010: ${row(16)} "................"
0020: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "................"
`;
}

describe("the device of a volume", () => {
  const nitro: DeviceSnapshot = {
    blocks: [block("nvme0n1", EBS, "/dev/sda1"), block("nvme2n1", EBS, "sdf"), block("nvme1n1", EBS, "sdg"), block("loop0")],
    paths: [],
  };

  it("is the one whose controller has EC2's name, whatever the order in which they answered [A11.13]", () => {
    assert.equal(pathOf("/dev/sdf", nitro), "/dev/nvme2n1");
    assert.equal(pathOf("/dev/sdg", nitro), "/dev/nvme1n1");
  });

  it("is not the next best one while its own has not appeared", () => {
    assert.equal(pathOf("/dev/sdh", nitro), undefined);
    assert.equal(pathOf("/dev/sda", nitro), undefined, "sda1 is another one");
  });

  it("has another name on Xen, where the kernel calls EC2's sd xvd", () => {
    assert.deepEqual(namesOf("/dev/sdf"), ["/dev/sdf", "/dev/xvdf"]);
    const xen = { blocks: [block("xvda"), block("xvdf")], paths: ["/dev/xvdf"] };
    assert.equal(pathOf("/dev/sdf", xen), "/dev/xvdf");
  });

  it("is read from what Amazon's program and the general one say, and from nothing else that they print", () => {
    assert.equal(nameInVendorArea(vendorArea("/dev/sdf")), "/dev/sdf");
    assert.equal(nameInVendorArea(vendorArea("xvdbc")), "xvdbc");
    assert.equal(nameInVendorArea(vendorArea("")), undefined);
    assert.equal(nameInVendorArea("NVMe status: INVALID_OPCODE\n"), undefined);
    assert.deepEqual(
      [nameOf("sdf\n"), nameOf("/dev/sdf"), nameOf("ephemeral0:sdb"), nameOf("")],
      ["sdf", "/dev/sdf", undefined, undefined],
    );
  });
});

describe("a snapshot of the devices of a machine", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "devices-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** /sys/block as the kernel has it, by the models of the devices. */
  function machine(models: Record<string, string | undefined>, holders: Record<string, string> = {}) {
    for (const [name, model] of Object.entries(models)) {
      mkdirSync(join(folder, "sys", name, "holders"), { recursive: true });
      if (model === undefined) continue;
      mkdirSync(join(folder, "sys", name, "device"));
      writeFileSync(join(folder, "sys", name, "device/model"), `${model}\n`);
    }
    for (const [name, holder] of Object.entries(holders)) writeFileSync(join(folder, "sys", name, "holders", holder), "");
    return { sys: join(folder, "sys"), dev: join(folder, "dev") };
  }

  it("asks the controllers of EBS's devices, and of no other", async () => {
    const folders = machine({ nvme0n1: EBS, nvme1n1: STORE, nvme2n1: EBS, loop0: undefined });
    const asked: string[] = [];
    const exec = async (file: string, args: readonly string[]) => {
      asked.push([file, ...args].join(" "));
      const code = file === "nvme" && args.at(-1) === "/dev/nvme2n1" ? 0 : 1;
      return { code, stdout: code === 0 ? vendorArea("/dev/sdf") : "", stderr: "" };
    };
    const snapshot = await snapshotOf(["/dev/sdf"], exec, folders);
    assert.equal(pathOf("/dev/sdf", snapshot), "/dev/nvme2n1");
    const both = (path: string) => [`ebsnvme-id --block-dev ${path}`, `nvme id-ctrl --vendor-specific ${path}`];
    assert.deepEqual(asked, [...both("/dev/nvme0n1"), ...both("/dev/nvme2n1")]);
  });

  it("goes on where the image has neither program, or one hangs: the next snapshot asks again", async () => {
    const folders = machine({ nvme0n1: EBS });
    const snapshot = await snapshotOf(["/dev/sdf"], async () => Promise.reject(new Error("spawn nvme ENOENT")), folders);
    assert.equal(pathOf("/dev/sdf", snapshot), undefined);
  });

  it("has the disks of the instance type in one order at each boot, with the array that udev has made of them", async () => {
    const folders = machine({ nvme2n1: STORE, nvme0n1: EBS, nvme1n1: STORE }, { nvme1n1: "md127" });
    const disks = instanceStores(await snapshotOf([], async () => assert.fail("no volume is looked for"), folders));
    assert.deepEqual(
      disks.map(({ name, holders }) => [name, holders]),
      [
        ["nvme1n1", ["md127"]],
        ["nvme2n1", []],
      ],
    );
    assert.equal(countInstanceStores(folders), 2);
    assert.equal(countInstanceStores({ sys: join(folder, "none"), dev: folder }), 0);
  });

  it("takes no plain file for a device", async () => {
    const folders = machine({});
    mkdirSync(folders.dev);
    writeFileSync(join(folders.dev, "sdf"), "");
    assert.deepEqual((await snapshotOf(["/dev/sdf"], async () => assert.fail("there is nothing to ask"), folders)).paths, []);
  });
});
