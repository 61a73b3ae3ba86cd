import { rejectsAfterLookups } from "./bad-input";

rejectsAfterLookups([
  {
    danger: "an instance type that does not exist",
    changes: { instanceType: "m99.huge" },
    field: "instanceType",
    value: "m99.huge",
    remedy: /Choose a type/,
  },
  {
    danger: "an instance type that the runner does not support",
    changes: { instanceType: "mac2.metal" },
    field: "instanceType",
    value: "mac2.metal",
    remedy: /x86_64 or arm64/,
  },
  {
    danger: "an image parameter whose image has another architecture than the instance type and never boots",
    changes: { imageParameter: "/team/arm64/image" },
    field: "imageParameter",
    value: "/team/arm64/image",
    remedy: /architecture/,
  },
  {
    danger: "an image ID whose image has another architecture than the instance type and never boots",
    changes: { imageId: "ami-0a0000000000000b2" },
    field: "imageId",
    value: "ami-0a0000000000000b2",
    remedy: /architecture/,
  },
  {
    danger: "an image that does not exist",
    changes: { imageId: "ami-0ffffffffffffffff" },
    field: "imageId",
    value: "ami-0ffffffffffffffff",
    remedy: /may use in this Region/,
  },
  {
    danger: "a parameter that does not exist",
    changes: { imageParameter: "/nowhere/image" },
    field: "imageParameter",
    value: "/nowhere/image",
    remedy: /SSM parameter/,
  },
  {
    danger: "Spot instance types of two architectures, half of which could not boot the image",
    changes: { spot: { additionalInstanceTypes: ["m7g.xlarge"] } },
    field: "spot.additionalInstanceTypes",
    value: "m7g.xlarge",
    remedy: /one architecture/,
  },
  {
    danger: "hibernation to a root volume without room for the memory",
    changes: { warmPool: { state: "Hibernated" }, rootVolumeSize: 17 },
    field: "rootVolumeSize",
    value: "17",
    remedy: /at least 18 GiB/,
  },
  {
    danger: "hibernation of an instance type that does not support it",
    changes: { instanceType: "m7a.large", warmPool: { state: "Hibernated" } },
    field: "warmPool.state",
    value: "Hibernated",
    remedy: /Use Stopped/,
  },
  {
    danger: "hibernation of more memory than EC2 supports",
    changes: { instanceType: "x2idn.16xlarge", warmPool: { state: "Hibernated" }, rootVolumeSize: 4000 },
    field: "warmPool.state",
    value: "Hibernated",
    remedy: /smaller/,
  },
]);
