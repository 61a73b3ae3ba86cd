/** Graviton runners with hibernated spares: installed, not registered, and resumed faster than a boot. */
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, WarmPoolState } from "ci-runners";

const config = new pulumi.Config();

const pool = new ActionsRunnerPool("runners", {
  github: {
    organization: config.require("githubOrganization"),
    app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
  },
  labels: ["linux-arm64"],
  instanceType: "m7g.large",
  // EC2 lists it among the images that hibernate on arm64; the default image, Ubuntu 24.04, is refused here.
  imageParameter: "/aws/service/canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
  // 8 GiB for the memory, which hibernation writes to it, and 32 GiB for the system and the jobs' files.
  rootVolumeSize: 40,
  minSize: 1,
  maxSize: 8,
  // Equal numbers: exactly two spares, however many instances are in service.
  warmPool: { state: WarmPoolState.Hibernated, minSize: 2, maxPreparedCapacity: 2 },
  subnetIds: config.requireObject<string[]>("subnetIds"),
  tags: { project: pulumi.getProject(), stack: pulumi.getStack() },
});

export const groupName = pool.groupName;
export const imageId = pool.imageId;
