import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNITS } from "../../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../../contract/shared/host-paths";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../../contract/shared/host-units";
import type { UnitFacts } from "../../../../host-config/shared/rendered-file";
import { storageExtras, storageFiles } from "../../../../host-config/shared/storage/files";
import { checkEngineFolder, stopEngine } from "../../../../host-config/shared/storage/image-engine";
import { storageNeeds } from "../../../../host-config/shared/storage/needs";
import { NO_EXTRAS } from "../../../../host-config/shared/unit-extras";

const FACTS: UnitFacts = {
  user: "runner",
  uid: 1001,
  group: "runner",
  runnerUnit: UNITS.runner,
  agent: "/node /agent.cjs",
  metadataDenied: true,
};
const setup = (mountPoint: string, docker?: HostSetup["docker"]): HostSetup => ({
  docker,
  storage: { volumes: [{ device: "/dev/sdf", mountPoint }] },
});

describe("the units of a machine's volumes", () => {
  it("are absent on a machine without volumes", () => {
    assert.deepEqual(storageFiles({}, FACTS), []);
    assert.equal(storageExtras({}), NO_EXTRAS);
  });

  it("keep every program that works on a volume from starting without it", () => {
    const [unit, ...others] = storageFiles(setup("/data"), FACTS);
    assert.deepEqual([unit!.path, others], [`/etc/systemd/system/${HOST_UNITS.storage}`, []]);
    assert.ok(unit!.content.includes(`\nBefore=containerd.service docker.service ${HOST_UNITS.docker} ${UNITS.runner}\n`), unit!.content);
    assert.match(unit!.content, /^ExecStart=\/node \/agent\.cjs storage$/m);
    const docker = storageFiles(setup("/var/lib/docker", "root"), FACTS);
    assert.deepEqual(
      docker.slice(1).map(({ path, content }) => [path, content]),
      [
        [
          "/etc/systemd/system/containerd.service.d/ci-runners.conf",
          `[Unit]\nAfter=${HOST_UNITS.storage}\nRequires=${HOST_UNITS.storage}\n`,
        ],
      ],
    );
    const { requires, after, enable } = storageExtras(setup("/data"));
    assert.deepEqual([requires, after, enable], [[HOST_UNITS.storage], [HOST_UNITS.storage], [HOST_UNITS.storage]]);
  });
});

describe("the packages that volumes need", () => {
  const facts = (commands: string[], files: string[] = []) => ({
    manager: "apt" as const,
    hasCommand: (name: string) => commands.includes(name),
    hasFile: (path: string) => files.includes(path),
    offers: () => true,
  });

  it("are what finds, formats and stripes, and only where that is to be done", () => {
    const store: HostSetup = { storage: { volumes: [], instanceStore: true } };
    assert.deepEqual(storageNeeds({}, facts([]), 2), []);
    assert.deepEqual(storageNeeds(setup("/data"), facts([]), 2), ["e2fsprogs", "nvme-cli"]);
    assert.deepEqual(storageNeeds(store, facts([]), 0), []);
    assert.deepEqual(storageNeeds(store, facts([]), 1), ["e2fsprogs"]);
    assert.deepEqual(storageNeeds(store, facts(["mkfs.ext4"]), 2), ["mdadm"]);
  });

  it("are none on an image that has them, or whose udev names the devices as EC2 does", () => {
    assert.deepEqual(storageNeeds(setup("/data"), facts(["mkfs.ext4", "nvme"]), 0), []);
    assert.deepEqual(storageNeeds(setup("/data"), facts(["mkfs.ext4", "ebsnvme-id"]), 0), []);
    assert.deepEqual(storageNeeds(setup("/data"), facts(["mkfs.ext4"], ["/dev/xvdf"]), 0), []);
    const image: HostSetup = { storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/data", fromImage: true }] } };
    assert.deepEqual(storageNeeds(image, facts(["nvme"]), 0), []);
    Object.assign(image.storage!.volumes[0]!, { grows: true });
    assert.deepEqual(storageNeeds(image, facts(["nvme"]), 0), ["e2fsprogs"]);
    assert.deepEqual(storageNeeds(image, facts(["nvme", "resize2fs"]), 0), []);
  });
});

describe("the image's own Docker", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "engine-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is stopped before its folder is mounted over, its socket first, and otherwise left alone", async () => {
    const stopped: string[] = [];
    const exec = async (_file: string, args: readonly string[]) => {
      stopped.push(args.join(" "));
      return { code: 5, stdout: "", stderr: "Unit docker.socket not loaded.\n" };
    };
    await stopEngine(setup("/data", "root"), exec);
    await stopEngine(setup(HOST_PATHS.engine, "rootless"), exec);
    assert.deepEqual(stopped, []);
    await stopEngine(setup("/var/lib/docker", "root"), exec);
    assert.deepEqual(stopped, ["stop docker.socket", "stop docker.service", "stop containerd.service"]);
  });

  it("must not keep its data elsewhere, or the volume would stay empty", () => {
    const config = join(folder, "daemon.json");
    const check = (text: string, mountPoint = "/var/lib/docker") => {
      writeFileSync(config, text);
      checkEngineFolder(setup(mountPoint, "root"), config);
    };
    assert.throws(
      () => check('{"data-root": "/srv/docker"}'),
      /^Error: storage: .*daemon\.json of the image has Docker's data in \/srv\/docker/,
    );
    check('{"data-root": "/srv/docker"}', "/data");
    for (const text of ["{", "null", "{}", '{"data-root": "/var/lib/docker"}']) check(text);
    checkEngineFolder(setup("/var/lib/docker", "root"), join(folder, "none"));
  });
});
