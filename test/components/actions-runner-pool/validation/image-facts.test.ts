import assert from "node:assert/strict";
import { ActionsRunnerPool } from "../../../../components";
import { Deployment } from "../../mocks";
import { poolArgs } from "../pool-args";
import { type BadInput, rejectsAfterLookups } from "./bad-input";

const ID = "ami-0c0c0c0c0c0c0c0c0";
const hibernated: BadInput["changes"] = { warmPool: { state: "Hibernated" } };

/** An image that differs in the given properties from one that every x86_64 type here can run and hibernate. */
function image(properties: object, danger: string, remedy: RegExp, changes: BadInput["changes"] = {}): BadInput {
  const images = { [ID]: { architecture: "x86_64", rootVolumeSize: 8, ...properties } };
  return { danger, changes: { imageId: ID, ...changes }, images, field: "imageId", value: ID, remedy };
}

const server = (release: string) => ({ name: `ubuntu/images/hvm-ssd-gp3/ubuntu-${release}` });

rejectsAfterLookups([
  image({ virtualizationType: "paravirtual" }, "a paravirtual image, which no type of today can run", /paravirtual.*Use an HVM image/),
  image(
    { enaSupport: false },
    "an image without ENA support, whose instances would have no network",
    /lacks ENA support.*m7i\.large requires/,
  ),
  image({ rootDeviceType: "instance-store" }, "an image on an instance store, which a warm pool cannot stop", /backed by EBS/),
  image({ rootDeviceName: "" }, "an image without a root device, beside which the pool's volume would be a second one", /backed by EBS/),
  image({ platform: "windows" }, "a Windows image, which runs no bash", /Use a Linux image, such as Ubuntu 24\.04/),
  image({ state: "failed" }, "an image that is not available, which EC2 refuses to launch", /is failed.*available/),
  image(
    { architecture: "arm64", bootMode: "legacy-bios" },
    "an image that boots by BIOS on Graviton, where it never starts",
    /legacy-bios/,
    {
      instanceType: "m7g.xlarge",
    },
  ),
  image({ enaSupport: false }, "an image that a Spot type cannot run, which fails only when EC2 chooses that type", /ENA/, {
    spot: { additionalInstanceTypes: ["m6a.large"] },
  }),
  image(
    server("noble-24.04-amd64-server-20261105"),
    "hibernation of Ubuntu 24.04, which EC2 does not list",
    /is Ubuntu 24\.04, which is not on EC2's list.* Set imageId to an image of Ubuntu 22\.04 or Amazon Linux 2023.* warmPool\.allowUnlistedImage to true/,
    hibernated,
  ),
  image(
    server("jammy-22.04-amd64-server-20230302"),
    "hibernation of an image that is older than those that EC2 lists",
    /Ubuntu 22\.04 of 20230302, and on x86_64 EC2 hibernates only images from 20230303 on/,
    hibernated,
  ),
  image(
    { architecture: "arm64", name: "al2023-ami-2023.4.20240611.0-kernel-6.1-arm64" },
    "hibernation on arm64 of an image that is old enough for x86_64 alone",
    /on arm64 EC2 hibernates only images from 20240701 on/,
    { instanceType: "m7g.xlarge", ...hibernated },
  ),
  image(
    { name: "debian-13-amd64-20260806-2561" },
    "hibernation of Debian, which EC2 does not list",
    /warmPool\.state to Stopped/,
    hibernated,
  ),
  {
    ...image(
      server("noble-24.04-arm64-server-20261105"),
      "hibernation of the default image, which EC2 does not list",
      /Set imageParameter to/,
    ),
    changes: { instanceType: "m7g.xlarge", ...hibernated },
    images: { "ami-0a0000000000000b2": { architecture: "arm64", rootVolumeSize: 8, ...server("noble-24.04-arm64-server-20261105") } },
    field: "imageParameter",
    value: "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
  },
]);

describe("an image that is not on EC2's list of those that hibernate", () => {
  it("is used if the pool accepts it, or no pool could use what EC2 has listed since this release", async () => {
    const deployment = await Deployment.start();
    deployment.images = { [ID]: { architecture: "x86_64", rootVolumeSize: 8, ...server("noble-24.04-amd64-server-20261105") } };
    new ActionsRunnerPool("runners", poolArgs({ imageId: ID, warmPool: { state: "Hibernated", allowUnlistedImage: true } }));
    await deployment.settled();
    const { imageId, hibernationOptions } = deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
    assert.deepEqual([imageId, hibernationOptions], [ID, { configured: true }]);
  });
});
