import assert from "node:assert/strict";
import fc from "fast-check";
import { eventFields, parsePoolEvent } from "../../../../functions/actions-runner-pool/shared/events";
import { INSTANCE, NAMES, TOKEN, launchEvent, terminateEvent, terminatedEvent } from "../../support/events";

describe("events of Auto Scaling", () => {
  it("are read as AWS documents them", () => {
    assert.deepEqual(parsePoolEvent(launchEvent({ Origin: "WarmPool" }), NAMES), {
      kind: "launching",
      instanceId: INSTANCE,
      token: TOKEN,
      origin: "WarmPool",
      destination: "AutoScalingGroup",
    });
    assert.deepEqual(parsePoolEvent(terminatedEvent(), NAMES), { kind: "terminated", instanceId: INSTANCE });
  });

  it("are read without Origin and Destination, which older ones leave out", () => {
    const { detail, ...rest } = terminateEvent() as { detail: Record<string, unknown> };
    const { Origin: _origin, Destination: _destination, ...bare } = detail;
    assert.deepEqual(parsePoolEvent({ ...rest, detail: bare }, NAMES), { kind: "terminating", instanceId: INSTANCE, token: TOKEN });
  });

  const foreign: [string, unknown][] = [
    ["another group", terminateEvent({ AutoScalingGroupName: "somebody-else" })],
    ["a hook that the user added to the group", terminateEvent({ LifecycleHookName: "backup" })],
    ["the launch hook's name on a termination", terminateEvent({ LifecycleHookName: NAMES.launchHook })],
    ["another source", { ...terminateEvent(), source: "aws.ec2" }],
    ["a failed termination", { ...terminatedEvent(), "detail-type": "EC2 Instance Terminate Unsuccessful" }],
  ];
  for (const [what, event] of foreign) {
    it(`are left alone when they are about ${what}`, () => {
      assert.equal(parsePoolEvent(event, NAMES).kind, "foreign");
    });
  }

  const malformed: [string, unknown, RegExp][] = [
    ["an id that would reach into another secret", launchEvent({ EC2InstanceId: "../i-0123456789abcdef0" }), /EC2InstanceId/],
    ["a list of ids", launchEvent({ EC2InstanceId: [INSTANCE] }), /EC2InstanceId/],
    ["no token", terminateEvent({ LifecycleActionToken: undefined }), /LifecycleActionToken is absent/],
    ["an unknown place", terminateEvent({ Origin: "Moon" }), /Origin is "Moon"/],
    ["no detail", { ...terminateEvent(), detail: null }, /detail is not an object/],
    ["no object at all", "terminate", /not an object/],
  ];
  for (const [what, event, problem] of malformed) {
    it(`are refused with ${what}`, () => {
      const parsed = parsePoolEvent(event, NAMES);
      assert.equal(parsed.kind, "malformed");
      assert.match(parsed.kind === "malformed" ? parsed.problem : "", problem);
    });
  }

  it("never throw, whatever arrives", () => {
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

  it("put instance and token into every log line, but nothing that is no instance id", () => {
    assert.deepEqual(eventFields(terminateEvent()), { instanceId: INSTANCE, lifecycleActionToken: TOKEN });
    assert.deepEqual(eventFields(terminatedEvent({ EC2InstanceId: "x".repeat(5000) })), {});
  });
});
