import assert from "node:assert/strict";
import { ActionsRunnerPool, DockerMode } from "../../../../components";
import { Deployment } from "../../mocks";
import { poolArgs } from "../pool-args";
import { rejects, rejectsAfterLookups } from "./bad-input";

const AMAZON = "ami-0c0c0c0c0c0c0c0c0";
const images = { [AMAZON]: { architecture: "x86_64", rootVolumeSize: 8, name: "al2023-ami-2023.8.20250707.0-kernel-6.1-x86_64" } };

rejects([
  {
    danger: "an engine that no host would install, so that each launch would fail",
    changes: { docker: "podman" as DockerMode },
    field: "docker",
    value: '"podman"',
    remedy: /Use none, root or rootless\.$/,
  },
  {
    danger: "two answers to the question whether jobs are root, of which one would be ignored",
    changes: { docker: DockerMode.Rootless, jobsMayUseDocker: true },
    field: "jobsMayUseDocker",
    value: "true",
    remedy: /docker is given, too\. Remove jobsMayUseDocker; it is deprecated\.$/,
  },
  {
    danger: "two answers that agree, because the next change will be made to one of them",
    changes: { docker: DockerMode.None, jobsMayUseDocker: false },
    field: "jobsMayUseDocker",
    value: "false",
    remedy: /Remove jobsMayUseDocker/,
  },
  {
    danger: "a rootless engine for jobs that are root, which protects nothing",
    changes: { docker: DockerMode.Rootless, jobsMayBecomeRoot: true },
    field: "docker",
    value: '"rootless"',
    remedy: /Remove jobsMayBecomeRoot, or use root\.$/,
  },
]);

rejectsAfterLookups([
  {
    danger: "a rootless engine on Amazon Linux, where each launch would be abandoned",
    changes: { docker: DockerMode.Rootless, imageId: AMAZON },
    images,
    field: "docker",
    value: AMAZON,
    remedy: /is Amazon Linux 2023, whose archive .* Use an image of Ubuntu 24\.04, .*Debian 12, your own image .*, or root\.$/,
  },
]);

describe("the engine of a pool's jobs", () => {
  const userData = async (changes: Parameters<typeof poolArgs>[0]) => {
    const deployment = await Deployment.start();
    deployment.images = { ...images, "ami-0d0d0d0d0d0d0d0d0": { architecture: "x86_64", rootVolumeSize: 8, name: "our-image" } };
    new ActionsRunnerPool("runners", poolArgs(changes));
    await deployment.settled();
    const { userData: encoded } = deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
    return Buffer.from(encoded as string, "base64").toString("utf8");
  };

  it("is Docker's usual one on Amazon Linux, and what an own image has is found out at its boot", async () => {
    assert.match(await userData({ docker: DockerMode.Root, imageId: AMAZON }), /"docker":"root"/);
    assert.match(await userData({ docker: DockerMode.Rootless, imageId: "ami-0d0d0d0d0d0d0d0d0" }), /"docker":"rootless"/);
  });

  it("stays the usual one for a stack that was written before there was a choice", async () => {
    assert.match(await userData({ jobsMayUseDocker: true }), /"docker":"root"/);
    assert.doesNotMatch(await userData({ jobsMayUseDocker: false }), /"docker"/);
  });
});
