import { rejects } from "./bad-input";

rejects([
  {
    danger: "a boot that may take so long that a hang leaves no time for a job",
    changes: { bootTimeout: 600, maxSession: 1800, idleStopTimeout: 900, workflow: { jobTimeout: 600 } },
    field: "bootTimeout",
    value: "600",
    remedy: /Lower it or raise maxSession/,
  },
  {
    danger: "a job that may last longer than the machine, which would end it",
    changes: { maxSession: 3600, workflow: { jobTimeout: 3600 } },
    field: "workflow.jobTimeout",
    value: "3600",
    remedy: /raise maxSession/,
  },
  {
    danger: "a preparation that the end of the session would cut, under a run that prepares the machine first",
    changes: { firstBootTimeout: 3600, maxSession: 3600 },
    field: "firstBootTimeout",
    value: "3600",
    remedy: /raise maxSession/,
  },
  {
    danger: "a job for which a run that prepares the machine first has no time left",
    changes: { firstBootTimeout: 5400, maxSession: 7200 },
    field: "workflow.jobTimeout",
    value: "2100",
    remedy: /raise maxSession/,
  },
  {
    danger: "a job of a minute and a half, which GitHub would end after one",
    changes: { workflow: { jobTimeout: 90 } },
    field: "workflow.jobTimeout",
    value: "90",
    remedy: /multiple of 60/,
  },
  {
    danger: "an idle stop after the session's end",
    changes: { maxSession: 3600, idleStopTimeout: 7200 },
    field: "idleStopTimeout",
    value: "7200",
    remedy: /Lower it or raise maxSession/,
  },
  {
    danger: "a first boot in minutes instead of seconds",
    changes: { firstBootTimeout: 20 },
    field: "firstBootTimeout",
    value: "20",
    remedy: /whole seconds/,
  },
  {
    danger: "a session of no limit",
    changes: { maxSession: 0 },
    field: "maxSession",
    value: "0",
    remedy: /whole seconds/,
  },
  {
    danger: "logs of runs that are kept for ever",
    changes: { runLogRetentionDays: 0 },
    field: "runLogRetentionDays",
    value: "0",
    remedy: /whole days/,
  },
]);
