import { rejects } from "./bad-input";

rejects([
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
    danger: "a warm pool of Spot instances, which AWS does not support",
    changes: { warmPool: {}, spot: {} },
    field: "warmPool",
    value: "Stopped",
    remedy: /Remove warmPool or spot/,
  },
  {
    danger: "a warm pool whose minimum exceeds its maximum",
    changes: { warmPool: { minSize: 5, maxPreparedCapacity: 4 } },
    field: "warmPool.minSize",
    value: "5",
    remedy: /raise warmPool.maxPreparedCapacity/,
  },
  {
    danger: "an On-Demand percentage above 100",
    changes: { spot: { onDemandPercentage: 101 } },
    field: "spot.onDemandPercentage",
    value: "101",
    remedy: /percentage/,
  },
  {
    danger: "an instance refresh whose limits AWS rejects",
    changes: { instanceRefresh: { minHealthyPercentage: 50, maxHealthyPercentage: 160 } },
    field: "instanceRefresh.maxHealthyPercentage",
    value: "160",
    remedy: /closer/,
  },
]);
