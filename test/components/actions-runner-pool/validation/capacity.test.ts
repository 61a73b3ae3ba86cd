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
    danger: "an unlisted image accepted for a warm pool that does not hibernate, where the option has no effect",
    changes: { warmPool: { allowUnlistedImage: true } },
    field: "warmPool.allowUnlistedImage",
    value: "true",
    remedy: /warmPool\.state is Stopped.*Set warmPool\.state to Hibernated, or omit it/,
  },
  {
    danger: "an unlisted image accepted by the text false, which counts as true",
    changes: { warmPool: { state: "Hibernated", allowUnlistedImage: "false" as unknown as boolean } },
    field: "warmPool.allowUnlistedImage",
    value: "false",
    remedy: /not a boolean.*without quotes/,
  },
  {
    danger: "instances reused by the text false, which counts as true",
    changes: { warmPool: { reuseOnScaleIn: "false" as unknown as boolean } },
    field: "warmPool.reuseOnScaleIn",
    value: "false",
    remedy: /not a boolean.*without quotes/,
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
