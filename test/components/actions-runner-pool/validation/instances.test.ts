import { rejects } from "./bad-input";

rejects([
  {
    danger: "no subnet",
    changes: { subnetIds: [] },
    field: "subnetIds",
    value: "[]",
    remedy: /at least one/,
  },
  {
    danger: "an empty list of security groups, which would allow no outbound traffic",
    changes: { securityGroupIds: [] },
    field: "securityGroupIds",
    value: "[]",
    remedy: /security group created/,
  },
  {
    danger: "an instance lifetime that AWS does not allow",
    changes: { maxInstanceLifetimeDays: 366 },
    field: "maxInstanceLifetimeDays",
    value: "366",
    remedy: /0 for no limit/,
  },
  {
    danger: "both an image ID and an image parameter",
    changes: { imageId: "ami-0a0000000000000a1", imageParameter: "/team/image" },
    field: "imageId",
    value: "ami-0a0000000000000a1",
    remedy: /Keep one/,
  },
  {
    danger: "a log retention that CloudWatch rejects",
    changes: { logRetentionDays: 31 },
    field: "logRetentionDays",
    value: "31",
    remedy: /Choose one of/,
  },
]);
