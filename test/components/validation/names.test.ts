import { refuses } from "./bad-input";

refuses([
  {
    danger: "a pool name that makes a Lambda function's name too long",
    changes: { poolName: "p".repeat(53) },
    field: "poolName",
    value: "p".repeat(53),
    remedy: /at most 52 characters/,
  },
  {
    danger: "a pool name that SQS and SSM refuse",
    changes: { poolName: "pool.one" },
    field: "poolName",
    value: "pool.one",
    remedy: /letters, digits/,
  },
  {
    danger: "a document's name that SSM keeps for itself",
    changes: { poolName: "aws-pool" },
    field: "poolName",
    value: "aws-pool",
    remedy: /another beginning/,
  },
  {
    danger: "a resource name that makes the bucket's name too long",
    name: "n".repeat(44),
    changes: { poolName: "pool" },
    field: "name",
    value: "n".repeat(44),
    remedy: /at most 43/,
  },
  {
    danger: "a resource name that no bucket may have",
    name: "my_pool",
    changes: { poolName: "pool" },
    field: "name",
    value: "my_pool",
    remedy: /hyphens/,
  },
  {
    danger: "user data that EC2 refuses",
    changes: { labels: Array.from({ length: 100 }, (_, index) => `${index}-`.padEnd(200, "l")) },
    field: "labels",
    value: "100 labels",
    remedy: /Shorten the labels/,
  },
  {
    danger: "a tag in AWS's own name space",
    changes: { tags: { "aws:owner": "me" } },
    field: "tags",
    value: "aws:owner",
    remedy: /neither/,
  },
  {
    danger: "a tag that decides whom a stop may reach",
    changes: { tags: { "ci-runners:pool": "another" } },
    field: "tags",
    value: "ci-runners:pool",
    remedy: /neither/,
  },
]);
