import assert from "node:assert/strict";
import fc from "fast-check";
import { eventFields, parsePoolEvent } from "../../../../functions/actions-runner-pool/shared/events";
import { INSTANCE, NAMES, TOKEN, launchEvent, terminateEvent, terminatedEvent } from "../../support/events";

describe("the parser of Auto Scaling events", () => {
  it("reads events as AWS documents them", () => {
    assert.deepEqual(parsePoolEvent(launchEvent({ Origin: "WarmPool" }), NAMES), {
      kind: "launching",
      instanceId: INSTANCE,
      token: TOKEN,
      origin: "WarmPool",
      destination: "AutoScalingGroup",
    });
    assert.deepEqual(parsePoolEvent(terminatedEvent(), NAMES), { kind: "terminated", instanceId: INSTANCE });
  });

  it("reads events without Origin and Destination, which older events omit", () => {
    const { detail, ...rest } = terminateEvent() as { detail: Record<string, unknown> };
    const { Origin: _origin, Destination: _destination, ...bare } = detail;
    assert.deepEqual(parsePoolEvent({ ...rest, detail: bare }, NAMES), { kind: "terminating", instanceId: INSTANCE, token: TOKEN });
  });

  const foreign: [string, unknown][] = [
    ["another group", terminateEvent({ AutoScalingGroupName: "other-group" })],
    ["a hook that the operator added to the group", terminateEvent({ LifecycleHookName: "backup" })],
    ["the launch hook's name on a termination", terminateEvent({ LifecycleHookName: NAMES.launchHook })],
    ["another source", { ...terminateEvent(), source: "aws.ec2" }],
    ["the type of a failed termination", { ...terminatedEvent(), "detail-type": "EC2 Instance Terminate Unsuccessful" }],
  ];
  for (const [what, event] of foreign) {
    it(`ignores an event with ${what}`, () => {
      assert.equal(parsePoolEvent(event, NAMES).kind, "foreign");
    });
  }

  const malformed: [string, unknown, RegExp][] = [
    ["an instance id that would address another secret", launchEvent({ EC2InstanceId: "../i-0123456789abcdef0" }), /EC2InstanceId/],
    ["a list of instance ids", launchEvent({ EC2InstanceId: [INSTANCE] }), /EC2InstanceId/],
    ["no lifecycle action token", terminateEvent({ LifecycleActionToken: undefined }), /LifecycleActionToken is absent/],
    ["an unknown location", terminateEvent({ Origin: "Moon" }), /Origin is "Moon"/],
    ["no detail", { ...terminateEvent(), detail: null }, /detail is not an object/],
    ["a string instead of an object", "terminate", /not an object/],
  ];
  for (const [what, event, problem] of malformed) {
    it(`rejects an event with ${what} as malformed`, () => {
      const parsed = parsePoolEvent(event, NAMES);
      assert.equal(parsed.kind, "malformed");
      assert.match(parsed.kind === "malformed" ? parsed.problem : "", problem);
    });
  }

  it("never throws, whatever the event is", () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom("EC2 Instance-terminate Lifecycle Action", "EC2 Instance Terminate Successful", "?"),
        (anything, type) => {
          for (const event of [anything, { source: "aws.autoscaling", "detail-type": type, detail: anything }]) {
            assert.ok(["foreign", "malformed"].includes(parsePoolEvent(event, NAMES).kind));
            eventFields(event);
          }
        },
      ),
    );
  });

  it("adds instance id and token to the log fields, but no value that is not an instance id", () => {
    assert.deepEqual(eventFields(terminateEvent()), { instanceId: INSTANCE, lifecycleActionToken: TOKEN });
    assert.deepEqual(eventFields(terminatedEvent({ EC2InstanceId: "x".repeat(5000) })), {});
  });
});
