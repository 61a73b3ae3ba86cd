import { rejects } from "./bad-input";

rejects([
  {
    danger: "a retention of hosts' logs that CloudWatch Logs does not know, at which the deployment would fail halfway",
    changes: { hostLogs: { retentionDays: 10 } },
    field: "hostLogs.retentionDays",
    value: "10",
    remedy: /Choose one of 1, 3, 5, 7, 14/,
  },
  {
    danger: "an alias as the key of hosts' logs, which CloudWatch Logs does not take",
    changes: { hostLogs: { kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/logs" } },
    field: "hostLogs.kmsKeyArn",
    value: "alias/logs",
    remedy: /key\/ID, also for a key with an alias/,
  },
  {
    danger: "the text false for the diagnostics, which would deliver what the team keeps off",
    changes: { hostLogs: { diagnostics: "false" as unknown as boolean } },
    field: "hostLogs.diagnostics",
    value: '"false"',
    remedy: /without quotes/,
  },
  {
    danger: "a retention of all logs that is none is named once, not for the hosts' that follow it as well",
    changes: { logRetentionDays: 10, hostLogs: {} },
    field: "logRetentionDays",
    value: "10",
    remedy: /Choose one of/,
  },
]);
