import { refuses } from "./bad-input";

refuses([
  {
    danger: "no subnet",
    changes: { subnetIds: [] },
    field: "subnetIds",
    value: "[]",
    remedy: /at least one/,
  },
  {
    danger: "security groups that let nothing out",
    changes: { securityGroupIds: [] },
    field: "securityGroupIds",
    value: "[]",
    remedy: /own security group/,
  },
  {
    danger: "a lifetime that AWS does not know",
    changes: { maxInstanceLifetimeDays: 366 },
    field: "maxInstanceLifetimeDays",
    value: "366",
    remedy: /0 for no limit/,
  },
  {
    danger: "two images at once",
    changes: { imageId: "ami-0a0000000000000a1", imageParameter: "/team/image" },
    field: "imageId",
    value: "ami-0a0000000000000a1",
    remedy: /Keep one/,
  },
  {
    danger: "a log retention that CloudWatch refuses",
    changes: { logRetentionDays: 31 },
    field: "logRetentionDays",
    value: "31",
    remedy: /Choose one of/,
  },
]);
