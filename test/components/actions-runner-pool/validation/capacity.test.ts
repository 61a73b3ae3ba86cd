import { refuses } from "./bad-input";

refuses([
  {
    danger: "a minimum above the maximum",
    changes: { minSize: 5, maxSize: 4, desiredCapacity: 4 },
    field: "minSize",
    value: "5",
    remedy: /Lower minSize or raise maxSize/,
  },
  {
    danger: "a desired capacity outside the bounds",
    changes: { desiredCapacity: 9 },
    field: "desiredCapacity",
    value: "9",
    remedy: /between/,
  },
  {
    danger: "a negative size",
    changes: { maxSize: -1, minSize: 0, desiredCapacity: 0 },
    field: "maxSize",
    value: "-1",
    remedy: /whole number/,
  },
  {
    danger: "a warm pool of Spot instances, which AWS does not have",
    changes: { warmPool: {}, spot: {} },
    field: "warmPool",
    value: "Stopped",
    remedy: /Drop warmPool or spot/,
  },
  {
    danger: "a warm pool that must hold more than it may",
    changes: { warmPool: { minSize: 5, maxPreparedCapacity: 4 } },
    field: "warmPool.minSize",
    value: "5",
    remedy: /raise warmPool.maxPreparedCapacity/,
  },
  {
    danger: "a share of more than all instances",
    changes: { spot: { onDemandPercentage: 101 } },
    field: "spot.onDemandPercentage",
    value: "101",
    remedy: /percentage/,
  },
  {
    danger: "a refresh whose bounds AWS refuses",
    changes: { instanceRefresh: { minHealthyPercentage: 50, maxHealthyPercentage: 160 } },
    field: "instanceRefresh.maxHealthyPercentage",
    value: "160",
    remedy: /closer/,
  },
]);
