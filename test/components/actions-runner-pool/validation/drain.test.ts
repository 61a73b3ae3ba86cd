import { refuses } from "./bad-input";

refuses([
  {
    danger: "a heartbeat timeout below AWS's 30 s would be refused after half the pool exists",
    changes: { drain: { heartbeatTimeout: 29, maxDrain: 600, heartbeatInterval: 5 } },
    field: "drain.heartbeatTimeout",
    value: "29",
    remedy: /within/,
  },
  {
    danger: "a heartbeat timeout above AWS's 7200 s would be refused after half the pool exists",
    changes: { drain: { heartbeatTimeout: 7201 } },
    field: "drain.heartbeatTimeout",
    value: "7201",
    remedy: /within/,
  },
  {
    danger: "a heartbeat timeout that is no whole number of seconds",
    changes: { drain: { heartbeatTimeout: 90.5 } },
    field: "drain.heartbeatTimeout",
    value: "90.5",
    remedy: /whole seconds/,
  },
  {
    danger: "a drain longer than 48 h would end with its job when the lifecycle action does",
    changes: { drain: { maxDrain: 172801 } },
    field: "drain.maxDrain",
    value: "172801",
    remedy: /Lower it/,
  },
  {
    danger: "a drain longer than 100 heartbeat timeouts would end with its job when the lifecycle action does",
    changes: { drain: { heartbeatTimeout: 300, maxDrain: 30001 } },
    field: "drain.maxDrain",
    value: "30001",
    remedy: /raise drain.heartbeatTimeout = 300/,
  },
  {
    danger: "a drain of seconds would stop every job",
    changes: { drain: { maxDrain: 5 } },
    field: "drain.maxDrain",
    value: "5",
    remedy: /whole seconds/,
  },
  {
    danger: "a heartbeat interval above a third of the timeout makes one lost heartbeat fatal",
    changes: { drain: { heartbeatTimeout: 900, heartbeatInterval: 301 } },
    field: "drain.heartbeatInterval",
    value: "301",
    remedy: /Lower it/,
  },
  {
    danger: "a launch that may take longer than a hook allows",
    changes: { launchTimeout: 7201 },
    field: "launchTimeout",
    value: "7201",
    remedy: /within/,
  },
]);
