import { rejects } from "./bad-input";

rejects([
  {
    danger: "a heartbeat timeout below AWS's 30 s, which AWS would reject only after half the pool exists",
    changes: { drain: { heartbeatTimeout: 29, maxDrain: 600, heartbeatInterval: 5 } },
    field: "drain.heartbeatTimeout",
    value: "29",
    remedy: /in this range/,
  },
  {
    danger: "a heartbeat timeout above AWS's 7200 s, which AWS would reject only after half the pool exists",
    changes: { drain: { heartbeatTimeout: 7201 } },
    field: "drain.heartbeatTimeout",
    value: "7201",
    remedy: /in this range/,
  },
  {
    danger: "a heartbeat timeout that is not a whole number of seconds",
    changes: { drain: { heartbeatTimeout: 90.5 } },
    field: "drain.heartbeatTimeout",
    value: "90.5",
    remedy: /whole seconds/,
  },
  {
    danger: "a maxDrain above 48 h, whose job would be killed when the lifecycle action expires",
    changes: { drain: { maxDrain: 172801 } },
    field: "drain.maxDrain",
    value: "172801",
    remedy: /Lower it/,
  },
  {
    danger: "a maxDrain above 100 heartbeat timeouts, whose job would be killed when the lifecycle action expires",
    changes: { drain: { heartbeatTimeout: 300, maxDrain: 30001 } },
    field: "drain.maxDrain",
    value: "30001",
    remedy: /raise drain.heartbeatTimeout = 300/,
  },
  {
    danger: "a maxDrain of a few seconds, which would stop every job",
    changes: { drain: { maxDrain: 5 } },
    field: "drain.maxDrain",
    value: "5",
    remedy: /whole seconds/,
  },
  {
    danger: "a heartbeat interval above a third of the timeout, with which two lost heartbeats would be fatal",
    changes: { drain: { heartbeatTimeout: 900, heartbeatInterval: 301 } },
    field: "drain.heartbeatInterval",
    value: "301",
    remedy: /Lower it/,
  },
  {
    danger: "a launch timeout longer than a lifecycle hook allows",
    changes: { launchTimeout: 7201 },
    field: "launchTimeout",
    value: "7201",
    remedy: /in this range/,
  },
]);
