import assert from "node:assert/strict";
import { HOST_PATHS } from "../../../../contract/shared/host-paths";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { disk, FakeMachine } from "./fake-machine";

const at = (mountPoint: string, setup: HostSetup = {}): HostSetup => ({
  ...setup,
  storage: { volumes: [{ device: "/dev/sdf", mountPoint }] },
});

describe("volumes that are mounted already", () => {
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
    machine.signatures["/dev/sdf"] = "LABEL=ci-0\nTYPE=ext4\n";
  });

  it("by the image itself get the jobs' owner, the size and the options that the pool gives them, or each job's write fails", async () => {
    machine.signatures["/dev/sdf"] = "LABEL=mirror\nTYPE=ext4\n";
    machine.mounted["/data"] = "/dev/sdf";
    await machine.bringUp({ storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/data", fromImage: true, grows: true }] } });
    assert.deepEqual(machine.commands, ["mount -o remount,nosuid,nodev /data", "resize2fs /dev/sdf"]);
    assert.deepEqual(machine.given, ["/data 1001 755"]);
  });

  it("by a preparation that was cut short get their owner, too", async () => {
    machine.mounted["/data"] = "/dev/sdf";
    await machine.bringUp(at("/data"));
    assert.deepEqual([machine.commands, machine.given], [[], ["/data 1001 755"]]);
  });

  it("are not mounted twice at their second path, as at every first boot, which prepares and then starts the engine", async () => {
    const docker = at("/var/lib/docker", { docker: "root" });
    await machine.bringUp(docker);
    const first = machine.commands.length;
    await machine.bringUp(docker);
    assert.equal(machine.commands.length, first, machine.commands.slice(first).join("\n"));
    assert.equal(machine.commands.at(-1), "mount --bind /var/lib/docker/ci-runners-containerd /var/lib/containerd");

    const store = new FakeMachine();
    store.blocks = [disk("nvme1n1")];
    for (const signature of [undefined, "LABEL=ci-store\nTYPE=ext4\n"]) {
      if (signature !== undefined) store.signatures["/dev/nvme1n1"] = signature;
      await store.bringUp({ storage: { volumes: [], instanceStore: true } });
    }
    assert.equal(store.commands.filter((line) => line.startsWith("mount ")).length, 3, store.commands.join("\n"));
  });

  it("by the image, at the second path, are refused: the volume's folder would be hidden", async () => {
    machine.mounted["/var/lib/containerd"] = "/dev/nvme0n1p3";
    const reason = await machine.reason(at("/var/lib/docker", { docker: "root" }));
    assert.match(reason, /^storage: \/var\/lib\/containerd has a file system of the image mounted/);
  });
});

describe("what the image has at a mount point", () => {
  it("is looked for before a volume hides it, and only there", async () => {
    const hidden = async (setup: HostSetup, mounted: Record<string, string> = {}) => {
      const machine = new FakeMachine();
      machine.mounted = mounted;
      machine.signatures["/dev/sdf"] = "LABEL=ci-0\nTYPE=ext4\n";
      await machine.bringUp(setup);
      return machine.hidden;
    };
    assert.deepEqual(await hidden(at("/data")), ["/data"]);
    assert.deepEqual(await hidden(at("/data"), { "/data": "/dev/sdf" }), []);
    assert.deepEqual(await hidden(at(HOST_PATHS.work)), []);
    assert.deepEqual(await hidden(at("/var/lib/docker", { docker: "root" })), []);
  });
});
