import assert from "node:assert/strict";
import type { BotoFailure } from "./boto";
import { ClientRig, TEMPLATE } from "./rig";

const GROUP = { AutoScalingGroupName: "pool" };
const TOKEN = "87654321-4321-4321-4321-210987654321";

/** An error as botocore raises it if AWS's model does not define it. */
const unmodelled = (Message: string, Code = "ValidationError") => ({ class: "ClientError", Code, Message, status: 400 });

function assertFailure(
  failure: BotoFailure,
  operation: string,
  expected: { class: string; Code: string; Message: string; status: number },
): void {
  const { class: kind, Code, Message, status } = failure;
  assert.deepEqual({ class: kind, Code, Message, status }, expected);
  assert.equal(failure.text, `An error occurred (${expected.Code}) when calling the ${operation} operation: ${expected.Message}`);
}

describe("boto3, during the lifetime of a group at the AWS stand-in,", () => {
  let rig: ClientRig;
  /** Tokens of the lifecycle actions by instance, taken from the events. */
  const tokens = new Map<string, string>();
  const call = (operation: string, params: object = {}) => rig.boto.call("autoscaling", operation, { ...GROUP, ...params });
  const fails = (operation: string, params: object = {}) => rig.boto.fails("autoscaling", operation, { ...GROUP, ...params });
  const pages = (operation: string, params: object, size: number): Promise<any[]> =>
    rig.boto.pages("autoscaling", operation, { ...params, PaginationConfig: { PageSize: size } });
  const complete = (InstanceId: string, LifecycleHookName: string, LifecycleActionResult = "CONTINUE") =>
    call("complete_lifecycle_action", { InstanceId, LifecycleHookName, LifecycleActionResult });

  before(async function () {
    rig = await ClientRig.open(this);
    rig.harness.bus.settings.decide = ({ detail }) => {
      if (detail.LifecycleActionToken) tokens.set(String(detail.EC2InstanceId), String(detail.LifecycleActionToken));
      return "deliver";
    };
  });
  after(() => rig?.close());

  it("creates the group from a launch template, with a hook before its first instance, and reads all of it back", async () => {
    await call("create_auto_scaling_group", {
      LaunchTemplate: TEMPLATE,
      MinSize: 0,
      MaxSize: 8,
      DesiredCapacity: 3,
      VPCZoneIdentifier: "subnet-0a,subnet-1b",
      LifecycleHookSpecificationList: [
        { LifecycleHookName: "launch", LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout: 600 },
      ],
      InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: "retain" } },
      Tags: [{ Key: "ci-runners:pool", Value: '<ü> & "x"', PropagateAtLaunch: true }],
    });
    const { AutoScalingGroups: groups } = await rig.boto.call("autoscaling", "describe_auto_scaling_groups");
    assert.equal(groups.length, 1);
    const [group] = groups;
    assert.deepEqual([group.AutoScalingGroupName, group.DesiredCapacity, group.MaxSize], ["pool", 3, 8]);
    assert.deepEqual(group.LaunchTemplate, { LaunchTemplateId: "lt-0123456789abcdef0", LaunchTemplateName: "pool", Version: "$Latest" });
    assert.deepEqual(group.InstanceLifecyclePolicy, { RetentionTriggers: { TerminateHookAbandon: "retain" } });
    assert.equal(group.Tags[0].Value, '<ü> & "x"');
    assert.equal(group.Tags[0].PropagateAtLaunch, true);
    assert.ok(Math.abs(group.CreatedTime.$time - Date.now()) < 60_000, "botocore must parse a time");
  });

  it("gets the modelled exception if the name is already in use [A3.20]", async () => {
    const again = await fails("create_auto_scaling_group", {
      LaunchTemplate: TEMPLATE,
      MinSize: 0,
      MaxSize: 1,
      VPCZoneIdentifier: "subnet-0a",
    });
    assert.equal(again.Type, "Sender");
    const message = "AutoScalingGroup by this name already exists - A group with the name pool already exists";
    assertFailure(again, "CreateAutoScalingGroup", { class: "AlreadyExistsFault", Code: "AlreadyExists", Message: message, status: 400 });
  });

  it("adds the termination hook and reads its limits", async () => {
    const hook = { LifecycleHookName: "terminate", LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING" };
    await call("put_lifecycle_hook", { ...hook, HeartbeatTimeout: 1800, NotificationMetadata: "more" });
    const { LifecycleHooks } = await call("describe_lifecycle_hooks", { LifecycleHookNames: ["terminate"] });
    assert.deepEqual(LifecycleHooks, [
      { ...hook, ...GROUP, NotificationMetadata: "more", HeartbeatTimeout: 1800, GlobalTimeout: 172_800, DefaultResult: "ABANDON" },
    ]);
    const refused = await fails("put_lifecycle_hook", { ...hook, LifecycleHookName: "x", HeartbeatTimeout: 29 });
    assert.deepEqual([refused.class, refused.Code], ["ClientError", "ValidationError"]);
  });

  it("brings instances into service by completing the launch hook, after a heartbeat [A4.2]", async () => {
    for (const id of await rig.until("pool", "Pending:Wait", 3)) {
      await call("record_lifecycle_action_heartbeat", { LifecycleHookName: "launch", InstanceId: id });
      const refused = await fails("set_instance_protection", { InstanceIds: [id], ProtectedFromScaleIn: true });
      assertFailure(refused, "SetInstanceProtection", unmodelled(`The instance ${id} is not in InService or EnteringStandby or Standby.`));
      assert.deepEqual(await complete(id, "launch").then(({ ResponseMetadata }) => ResponseMetadata.HTTPStatusCode), 200);
    }
    await rig.until("pool", "InService", 3);
  });

  it("gets AWS's message that there is no action to complete, with the token if it sent one, else the instance [A3.15, A3.16]", async () => {
    const [id] = rig.inState("pool", "InService");
    const action = { LifecycleHookName: "launch", InstanceId: id };
    const byInstance = unmodelled(`No active Lifecycle Action found with instance ID ${id}`);
    const byToken = unmodelled(`No active Lifecycle Action found with token ${TOKEN}`);
    const result = { LifecycleActionResult: "CONTINUE" };
    assertFailure(await fails("complete_lifecycle_action", { ...action, ...result }), "CompleteLifecycleAction", byInstance);
    assertFailure(
      await fails("complete_lifecycle_action", { ...action, ...result, LifecycleActionToken: TOKEN }),
      "CompleteLifecycleAction",
      byToken,
    );
    assertFailure(await fails("record_lifecycle_action_heartbeat", action), "RecordLifecycleActionHeartbeat", byInstance);
    assertFailure(
      await fails("record_lifecycle_action_heartbeat", { ...action, LifecycleActionToken: TOKEN }),
      "RecordLifecycleActionHeartbeat",
      byToken,
    );
  });

  it("fills a warm pool through the same hook and lists it separately, page by page", async () => {
    await call("put_warm_pool", { MaxGroupPreparedCapacity: 5, PoolState: "Stopped" });
    for (const id of await rig.until("pool", "Warmed:Pending:Wait", 2)) await complete(id, "launch");
    const warm = await rig.until("pool", "Warmed:Stopped", 2);
    const read = await pages("describe_warm_pool", GROUP, 1);
    assert.deepEqual(
      read.map(({ Instances }) => Instances.length),
      [1, 1],
    );
    assert.deepEqual(
      read.flatMap(({ Instances }) => Instances.map((one: any) => [one.InstanceId, one.LifecycleState])),
      warm.map((id) => [id, "Warmed:Stopped"]),
    );
    assert.equal(read[0].WarmPoolConfiguration.MaxGroupPreparedCapacity, 5);
  });

  it("misses and repeats nothing when it pages through groups, instances and activities [A1.13]", async () => {
    for (const name of ["a", "b"]) {
      await call("create_auto_scaling_group", {
        AutoScalingGroupName: name,
        LaunchTemplate: TEMPLATE,
        MinSize: 0,
        MaxSize: 1,
        VPCZoneIdentifier: "subnet-0a",
      });
    }
    const groups = await pages("describe_auto_scaling_groups", {}, 2);
    assert.deepEqual(
      groups.map((page) => page.AutoScalingGroups.map((group: any) => group.AutoScalingGroupName)),
      [["pool", "a"], ["b"]],
    );
    const instances = await pages("describe_auto_scaling_instances", {}, 2);
    const ids = instances.flatMap((page) => page.AutoScalingInstances.map((one: any) => one.InstanceId));
    assert.deepEqual(
      instances.map((page) => page.AutoScalingInstances.length),
      [2, 2, 1],
    );
    assert.deepEqual([...ids].sort(), [...rig.inState("pool", "InService"), ...rig.inState("pool", "Warmed:Stopped")].sort());
    const activities = (await pages("describe_scaling_activities", GROUP, 2)).map((page) => page.Activities);
    assert.deepEqual(
      activities.map((page) => page.length),
      [2, 2, 1],
    );
    const all = activities.flat();
    assert.equal(new Set(all.map(({ ActivityId }) => ActivityId)).size, 5);
    for (const activity of all) assert.deepEqual([activity.StatusCode, typeof activity.StartTime.$time], ["Successful", "number"]);
  });

  it("cannot set a capacity outside the bounds, and scales in the unprotected instance [A5.5]", async () => {
    const above = "New SetDesiredCapacity value 9 is above max value 8 for the AutoScalingGroup.";
    assertFailure(await fails("set_desired_capacity", { DesiredCapacity: 9 }), "SetDesiredCapacity", unmodelled(above));
    await call("suspend_processes", { ScalingProcesses: ["Launch"] }); // otherwise the warm pool would fill up and run through its hooks
    const [first, second, third] = rig.inState("pool", "InService");
    await call("set_instance_protection", { InstanceIds: [first, third], ProtectedFromScaleIn: true });
    await call("set_desired_capacity", { DesiredCapacity: 2, HonorCooldown: false });
    assert.deepEqual(await rig.until("pool", "Terminating:Wait", 1), [second]);
    const { AutoScalingInstances } = await rig.boto.call("autoscaling", "describe_auto_scaling_instances", {
      InstanceIds: [first, second, "i-0000000000000000f"],
    });
    assert.deepEqual(
      AutoScalingInstances.map((one: any) => [one.InstanceId, one.LifecycleState, one.ProtectedFromScaleIn, one.HealthStatus]),
      [
        [first, "InService", true, "HEALTHY"],
        [second, "Terminating:Wait", false, "HEALTHY"],
      ],
    );
  });

  it("cannot delete the group during a drain: the modelled exception reports an activity in progress [A3.22]", async () => {
    const message = "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.";
    const expected = { class: "ScalingActivityInProgressFault", Code: "ScalingActivityInProgress", Message: message, status: 400 };
    assertFailure(await fails("delete_auto_scaling_group"), "DeleteAutoScalingGroup", expected);
  });

  it("completes a termination with the token from its event, and its waiter returns after the termination [A2.11]", async () => {
    const [id] = rig.inState("pool", "Terminating:Wait");
    const action = { LifecycleHookName: "terminate", LifecycleActionToken: tokens.get(id!) };
    await call("record_lifecycle_action_heartbeat", action);
    await call("complete_lifecycle_action", { ...action, LifecycleActionResult: "CONTINUE" });
    await rig.boto.wait("ec2", "instance_terminated", { InstanceIds: [id] });
    const again = await fails("complete_lifecycle_action", {
      LifecycleHookName: "terminate",
      InstanceId: id,
      LifecycleActionResult: "CONTINUE",
    });
    assertFailure(again, "CompleteLifecycleAction", unmodelled(`No active Lifecycle Action found with instance ID ${id}`));
  });

  it("terminates a protected instance by id, and reads the activity in the response [A1.8, A3.25, A4.7]", async () => {
    const [id] = rig.inState("pool", "InService");
    const { Activity } = await rig.boto.call("autoscaling", "terminate_instance_in_auto_scaling_group", {
      InstanceId: id,
      ShouldDecrementDesiredCapacity: true,
    });
    assert.equal(Activity.Description, `Terminating EC2 instance: ${id}`);
    assert.equal(JSON.parse(Activity.Details)["Availability Zone"].slice(0, -1), "eu-central-1");
    await rig.until("pool", "Terminating:Wait", 1);
    await complete(id!, "terminate", "ABANDON");
    assert.deepEqual(await rig.until("pool", "Terminating:Retained", 1), [id], "the group retains an abandoned instance");
    await rig.boto.call("autoscaling", "terminate_instance_in_auto_scaling_group", {
      InstanceId: id,
      ShouldDecrementDesiredCapacity: false,
    });
    await rig.until("pool", "Terminating:Retained", 0);
  });

  it("moves an instance to standby and back, and gets AWS's message if it is not in service [A4.3]", async () => {
    const [id] = rig.inState("pool", "InService");
    const { Activities } = await call("enter_standby", { InstanceIds: [id], ShouldDecrementDesiredCapacity: true });
    assert.deepEqual(
      Activities.map((one: any) => [one.Description, one.StatusCode]),
      [[`Moving EC2 instance to Standby: ${id}`, "Successful"]],
    );
    const twice = await fails("enter_standby", { InstanceIds: [id], ShouldDecrementDesiredCapacity: true });
    assertFailure(twice, "EnterStandby", unmodelled(`The instance ${id} is not in InService.`));
    await call("exit_standby", { InstanceIds: [id] });
    await rig.until("pool", "InService", 1);
  });

  it("can run only one instance refresh at a time [A3.23]", async () => {
    await call("set_instance_protection", { InstanceIds: rig.inState("pool", "InService"), ProtectedFromScaleIn: true });
    const { InstanceRefreshId: id } = await call("start_instance_refresh", {
      Preferences: { MinHealthyPercentage: 0, ScaleInProtectedInstances: "Wait" },
    });
    const second = await fails("start_instance_refresh");
    assert.deepEqual([second.class, second.Code, second.status], ["InstanceRefreshInProgressFault", "InstanceRefreshInProgress", 400]);
    const {
      InstanceRefreshes: [refresh],
    } = await call("describe_instance_refreshes");
    assert.deepEqual([refresh.InstanceRefreshId, refresh.Strategy, refresh.Preferences.ScaleInProtectedInstances], [id, "Rolling", "Wait"]);
    assert.equal((await call("cancel_instance_refresh")).InstanceRefreshId, id);
    const giveUp = Date.now() + 60_000;
    while (rig.harness.autoscaling.group("pool")!.refresh !== "Cancelled" && Date.now() < giveUp)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const none = await fails("cancel_instance_refresh");
    assert.deepEqual([none.class, none.Code], ["ActiveInstanceRefreshNotFoundFault", "ActiveInstanceRefreshNotFound"]);
  });

  it("cannot delete the group while it contains an instance, except with ForceDelete [A3.21]", async () => {
    const message =
      "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.";
    const inUse = { class: "ResourceInUseFault", Code: "ResourceInUse", Message: message, status: 400 };
    assertFailure(await fails("delete_auto_scaling_group"), "DeleteAutoScalingGroup", inUse);
    await call("delete_warm_pool", { ForceDelete: true });
    await rig.until("pool", "Warmed:Stopped", 0);
    const retained = await fails("delete_auto_scaling_group", { ForceDelete: true });
    assert.match(String(retained.Message), /^You can't force delete this Auto Scaling group because .* is set to retain$/);
    await call("update_auto_scaling_group", { InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: "terminate" } } });
    await call("delete_auto_scaling_group", { ForceDelete: true });
    await rig.until("pool", "InService", 0);
    const { AutoScalingGroups } = await rig.boto.call("autoscaling", "describe_auto_scaling_groups", { AutoScalingGroupNames: ["pool"] });
    assert.deepEqual(AutoScalingGroups, []);
    const missing = "AutoScalingGroup name not found - AutoScalingGroup 'pool' not found";
    assertFailure(await fails("delete_auto_scaling_group"), "DeleteAutoScalingGroup", unmodelled(missing));
  });

  it("uses only AWS's own host names, with valid signatures", () => {
    assert.deepEqual([...rig.tunnel.requested].sort(), ["autoscaling.eu-central-1.amazonaws.com", "ec2.eu-central-1.amazonaws.com"]);
    assert.deepEqual(rig.harness.defects, []);
    assert.deepEqual(rig.harness.denied(), []);
  });
});
