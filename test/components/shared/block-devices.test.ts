import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import { imageDeviceViolations } from "../../../components/shared/image-devices";
import { placedVolumes } from "../../../components/shared/placed-volumes";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import { Deployment } from "../mocks";
import { PROGRAM, poolArgs } from "../actions-runner-pool/pool-args";

const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const OTHER = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000002";
const data = (mountPoint: string) => ({ mountPoint, size: 100 });

/** What the launch template attaches, and what it has the host mount. */
async function deploy(changes: Partial<ActionsRunnerPoolArgs>) {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs(changes));
  await deployment.settled();
  const { blockDeviceMappings, userData } = deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  const text = Buffer.from(userData, "base64").toString("utf8");
  const config: HostConfig = JSON.parse(/<<'CONFIG'.*\n(.*)\nCONFIG/.exec(text)![1]!);
  return { mappings: blockDeviceMappings as { deviceName: string; ebs: Record<string, unknown> }[], config };
}

describe("the volumes of a pool", () => {
  it("are attached under the names by which the host looks for them, beside those of the image", async () => {
    // The mock's image has /dev/sda1 and /dev/sdf.
    const { mappings, config } = await deploy({ volumes: [data("/data"), data("work")] });
    assert.deepEqual(
      mappings.map(({ deviceName }) => deviceName),
      ["/dev/sda1", "/dev/sdg", "/dev/sdh"],
    );
    assert.deepEqual(config.storage, {
      volumes: [
        { device: "/dev/sdg", mountPoint: "/data" },
        { device: "/dev/sdh", mountPoint: HOST_PATHS.work },
      ],
    });
    assert.equal(config.setupTimeout, 450);
  });

  it("are all encrypted, with a key of their own, the root volume's or the pool's, and deleted with the instance", async () => {
    const volumes = [data("/data"), { ...data("/cache"), kmsKeyId: OTHER }];
    const { mappings } = await deploy({ kmsKeyArn: KEY, volumes });
    assert.deepEqual(
      mappings.map(({ ebs }) => [ebs.encrypted, ebs.deleteOnTermination, ebs.kmsKeyId]),
      [
        ["true", "true", KEY],
        ["true", "true", KEY],
        ["true", "true", OTHER],
      ],
    );
    const own = await deploy({ kmsKeyArn: KEY, rootVolumeKmsKeyId: OTHER, volumes: [data("/data")] });
    assert.deepEqual([own.mappings[0]!.ebs.kmsKeyId, own.mappings[1]!.ebs.kmsKeyId], [OTHER, OTHER]);
  });

  it("have the type, IOPS and throughput that were asked for, and those that EBS gives each gp3 volume: nothing else clears former ones", async () => {
    const { mappings } = await deploy({
      rootVolumeSize: 60,
      rootVolumeIops: 6000,
      rootVolumeThroughput: 500,
      volumes: [{ mountPoint: "/data", size: 500, type: "io2", iops: 5000 }, data("/cache")],
    });
    assert.deepEqual(
      mappings.map(({ ebs: { volumeType, volumeSize, iops, throughput } }) => [volumeType, volumeSize, iops, throughput]),
      [
        ["gp3", 60, 6000, 500],
        ["io2", 500, 5000, undefined],
        ["gp3", 100, 3000, 125],
      ],
    );
  });

  it("keep the image's size and content where they name a device of it", async () => {
    const { mappings, config } = await deploy({ volumes: [{ mountPoint: "/data", device: "/dev/sdf" }] });
    const { deviceName, ebs } = mappings[1]!;
    assert.deepEqual([deviceName, ebs.volumeSize], ["/dev/sdf", 500]);
    assert.deepEqual(config.storage?.volumes, [{ device: "/dev/sdf", mountPoint: "/data", fromImage: true }]);
    const larger = await deploy({ volumes: [{ mountPoint: "/data", device: "/dev/sdf", size: 600 }] });
    assert.deepEqual(larger.config.storage?.volumes, [{ device: "/dev/sdf", mountPoint: "/data", fromImage: true, grows: true }]);
  });

  it("hold Docker's data where the engine of the mode keeps it", async () => {
    const of = async (docker: "root" | "rootless") =>
      (await deploy({ docker, volumes: [data("docker")] })).config.storage?.volumes[0]?.mountPoint;
    assert.deepEqual([await of("root"), await of("rootless")], ["/var/lib/docker", HOST_PATHS.engine]);
  });

  it("leave the root volume and the host of other pools as they were", async () => {
    const { mappings, config } = await deploy({});
    const asBefore = { volumeType: "gp3", volumeSize: 30, encrypted: "true", deleteOnTermination: "true" };
    assert.deepEqual(mappings, [{ deviceName: "/dev/sda1", ebs: { ...asBefore, iops: 3000, throughput: 125 } }]);
    assert.ok(!("storage" in config) && !("diskFloor" in config) && !("setupTimeout" in config));
  });

  it("never get a name that is the image's under the kernel's other spelling, which on Xen is the same device", () => {
    const image = [{ name: "/dev/xvda" }, { name: "/dev/xvdf", size: 8 }, { name: "/dev/sdg", size: 8 }];
    const placed = placedVolumes([data("/a"), { mountPoint: "/b", device: "/dev/sdh" }, data("/c")], image);
    assert.deepEqual(
      placed.map(({ device }) => device),
      ["/dev/sdi", "/dev/sdh", "/dev/sdj"],
    );
  });

  it("are refused where the image leaves no name for them", () => {
    const settings = resolveSettings("runners", poolArgs({ volumes: [data("/data"), data("/cache")] }), PROGRAM);
    const devices = [..."ghijklmnop"].map((letter) => ({ name: `/dev/sd${letter}`, size: 8 }));
    const [refusal, ...others] = imageDeviceViolations(settings, { id: "ami-1", rootDevice: "/dev/sda1", devices });
    assert.equal(refusal?.field, "volumes[1].mountPoint");
    assert.match(refusal.reason, /image ami-1 uses so many of the names from \/dev\/sdf to \/dev\/sdp/);
    assert.deepEqual(others, []);
  });
});

describe("the disk floor and the instance store of a pool", () => {
  it("reach the host, where they differ from the usual", async () => {
    const { config } = await deploy({ useInstanceStore: true, diskFloor: { freeSpace: 5 } });
    assert.deepEqual(config.storage, { volumes: [], instanceStore: true });
    assert.deepEqual(config.diskFloor, { freeSpace: 5, freeInodes: 5 });
    assert.ok(!("diskFloor" in (await deploy({ diskFloor: { freeSpace: 1, freeInodes: 5 } })).config));
  });

  it("enlarge a root volume whose size is not given, or each launch would be abandoned", async () => {
    const size = async (freeSpace: number) => (await deploy({ diskFloor: { freeSpace } })).mappings[0]!.ebs.volumeSize;
    assert.deepEqual([await size(1), await size(5), await size(20)], [30, 30, 8 + 41]);
  });
});
