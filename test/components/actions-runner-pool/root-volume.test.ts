import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { defaultRootVolumeSize, rootVolumeViolations } from "../../../components/actions-runner-pool/root-volume";
import { Deployment, failure } from "../mocks";
import { poolArgs } from "./pool-args";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const ID = "ami-0c0c0c0c0c0c0c0c0";

/** Deploys a pool whose image has a root volume of so many GiB, or does not report it. */
async function deploy(imageSize: number | undefined, changes: Partial<ActionsRunnerPoolArgs> = {}) {
  const deployment = await Deployment.start();
  deployment.images = { [ID]: { architecture: "x86_64", rootVolumeSize: imageSize } };
  const build = () => new ActionsRunnerPool("runners", poolArgs({ imageId: ID, ...changes }));
  return { deployment, build };
}

async function size(imageSize: number | undefined, changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<unknown> {
  const { deployment, build } = await deploy(imageSize, changes);
  build();
  await deployment.settled();
  const [root, ...others] = deployment.only(TEMPLATE).inputs.blockDeviceMappings;
  assert.deepEqual([root.deviceName, others], ["/dev/sda1", []]);
  return root.ebs.volumeSize;
}

async function refused(imageSize: number, changes: Partial<ActionsRunnerPoolArgs>): Promise<string> {
  const { deployment, build } = await deploy(imageSize, changes);
  const { message } = await failure(build);
  assert.deepEqual(deployment.children, [], "it must be refused before anything is created");
  return message;
}

const hibernated = { warmPool: { state: "Hibernated" } } as const; // m7i.large has 8 GiB of memory.

describe("the size of the root volume", () => {
  it("follows a larger image unless it is given, so that no launch fails", async () => {
    assert.equal(await size(8), 30);
    assert.equal(await size(30), 30);
    assert.equal(await size(100), 100);
    assert.equal(await size(100, { rootVolumeSize: 120 }), 120);
  });

  it("leaves room for the memory beside the image when instances hibernate", async () => {
    assert.equal(await size(8, hibernated), 30);
    assert.equal(await size(25, hibernated), 33);
    assert.equal(await size(100, hibernated), 108);
    const large = { instanceType: "m7g.4xlarge", image: ID, hibernatedMemory: 64 };
    assert.equal(defaultRootVolumeSize({ ...large, imageSize: 8 }), 74);
    assert.equal(defaultRootVolumeSize({ ...large, imageSize: undefined }), 74);
  });

  it("is refused below the image's, which no launch would survive [A11.4, A11.5]", async () => {
    const message = await refused(40, { rootVolumeSize: 39 });
    assert.match(
      message,
      /^rootVolumeSize = 39: image ami-0c0c0c0c0c0c0c0c0 has a root volume of 40 GiB, .*Use at least 40 GiB, or omit it\.$/,
    );
    assert.equal(await size(40, { rootVolumeSize: 40 }), 40);
  });

  it("is refused below either the image's or the memory's need, and the remedy satisfies both", async () => {
    assert.match(await refused(8, { rootVolumeSize: 17, ...hibernated }), /writes the 8 GiB of memory of m7i\.large .*at least 18 GiB/);
    assert.match(await refused(40, { rootVolumeSize: 39, ...hibernated }), /root volume of 40 GiB, .*at least 40 GiB/);
    const both = await refused(20, { rootVolumeSize: 17, ...hibernated });
    assert.match(both, /root volume of 20 GiB, .* and hibernation writes .*at least 20 GiB/);
    assert.equal(await size(20, { rootVolumeSize: 20, ...hibernated }), 20);
  });

  it("is not compared with an image whose size EC2 does not report", async () => {
    assert.equal(await size(undefined), 30);
    assert.equal(await size(undefined, { rootVolumeSize: 8 }), 8);
  });

  it("is never refused where it is the default, whatever image and memory need", () => {
    for (const imageSize of [undefined, 1, 8, 29, 30, 31, 500]) {
      for (const hibernatedMemory of [undefined, 1, 20, 21, 149]) {
        const needs = { instanceType: "any", image: ID, imageSize, hibernatedMemory };
        assert.deepEqual(rootVolumeViolations(defaultRootVolumeSize(needs), needs), [], JSON.stringify(needs));
      }
    }
  });
});
