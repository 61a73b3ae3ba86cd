import assert from "node:assert/strict";
import { matchesPattern, UnsupportedPatternError } from "../../../../rehearsal/aws/events/pattern";
import { rateMs } from "../../../../rehearsal/aws/events/schedule";

const event = {
  source: "aws.autoscaling",
  "detail-type": "EC2 Instance-launch Lifecycle Action",
  detail: { AutoScalingGroupName: "pool", Destination: "AutoScalingGroup", n: 1 },
  resources: ["arn:a", "arn:b"],
};

describe("event patterns", () => {
  const cases: [name: string, pattern: object, matches: boolean][] = [
    ["several values are alternatives", { source: ["x", "aws.autoscaling"] }, true],
    ["several fields must all match", { source: ["aws.autoscaling"], detail: { AutoScalingGroupName: ["other"] } }, false],
    ["matching is case-sensitive", { source: ["AWS.autoscaling"] }, false],
    ["a number does not match its string", { detail: { n: ["1"] } }, false],
    ["any element of a list in the event may match", { resources: ["arn:b"] }, true],
    ["prefix", { detail: { AutoScalingGroupName: [{ prefix: "po" }] } }, true],
    ["prefix of an absent field", { detail: { Nothing: [{ prefix: "" }] } }, false],
    ["exists: false matches a missing field", { detail: { Origin: [{ exists: false }] } }, true],
    ["exists: false or a value", { detail: { Destination: ["AutoScalingGroup", { exists: false }] } }, true],
    ["exists: true below an absent object", { other: { thing: [{ exists: true }] } }, false],
    ["anything-but", { detail: { Destination: [{ "anything-but": ["WarmPool"] }] } }, true],
    ["anything-but the value itself", { detail: { Destination: [{ "anything-but": "AutoScalingGroup" }] } }, false],
    ["anything-but of an absent field", { detail: { Origin: [{ "anything-but": "x" }] } }, false],
  ];
  for (const [name, pattern, matches] of cases) {
    it(`must neither start a function by mistake nor miss an event: ${name}`, () => {
      assert.equal(matchesPattern(pattern, event), matches);
    });
  }

  for (const pattern of [
    { detail: { n: [{ numeric: [">", 0] }] } },
    { $or: [{ source: ["x"] }] },
    { source: [] },
    { source: [{ prefix: "a", suffix: "b" }] },
  ]) {
    it(`must reject a pattern that it cannot match: ${JSON.stringify(pattern)}`, () => {
      assert.throws(() => matchesPattern(pattern, event), UnsupportedPatternError);
    });
  }

  it("must reject schedules that AWS rejects or that the rehearsal does not support", () => {
    assert.equal(rateMs("rate(5 minutes)"), 300_000);
    assert.equal(rateMs("rate(1 hour)"), 3_600_000);
    for (const bad of ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "cron(0 12 * * ? *)"])
      assert.throws(() => rateMs(bad), /schedule/);
  });
});
