import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUCKET, ClientRig, DOCUMENT, KEY, OBJECT, TEMPLATE } from "./rig";

const GROUP = ["--auto-scaling-group-name", "pool"];

describe("the AWS CLI, during the lifetime of a group at the AWS stand-in,", function () {
  this.timeout(300_000); // Each call starts Python: half a second here, several seconds on a busy machine.
  let rig: ClientRig;
  const aws = (line: string, ...args: string[]) => rig.aws(...line.split(" "), ...args);

  /** Expects a service error: exit code 255 and the one line that people and scripts see. */
  const refused = async (operation: string, line: string, ...args: string[]): Promise<string> => {
    const { code, stderr } = await rig.cli(...line.split(" "), ...args);
    assert.equal(code, 255, stderr);
    const [, errorCode, name, message] = /^An error occurred \((\w+)\) when calling the (\w+) operation: (.*)$/.exec(stderr.trim()) ?? [];
    assert.equal(name, operation, stderr);
    return `${errorCode}: ${message}`;
  };
  const complete = (id: string, hook: string) =>
    aws(
      "autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE",
      ...GROUP,
      "--instance-id",
      id,
      "--lifecycle-hook-name",
      hook,
    );

  before(async function () {
    rig = await ClientRig.open(this);
  });
  after(() => rig?.close());

  it("creates the group with both hooks and brings its instances into service", async () => {
    const hook = (name: string, way: string) => ({
      LifecycleHookName: name,
      LifecycleTransition: `autoscaling:EC2_INSTANCE_${way}`,
      HeartbeatTimeout: 600,
    });
    const skeleton = {
      AutoScalingGroupName: "pool",
      LaunchTemplate: TEMPLATE,
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 2,
      VPCZoneIdentifier: "subnet-0a",
      LifecycleHookSpecificationList: [hook("launch", "LAUNCHING"), hook("terminate", "TERMINATING")],
    };
    await aws("autoscaling create-auto-scaling-group --cli-input-json", JSON.stringify(skeleton));
    const [first, second] = await rig.until("pool", "Pending:Wait", 2);
    await aws("autoscaling record-lifecycle-action-heartbeat --lifecycle-hook-name launch", ...GROUP, "--instance-id", first!);
    await Promise.all([complete(first!, "launch"), complete(second!, "launch")]);
    await rig.until("pool", "InService", 2);
    const hooks = await aws("autoscaling describe-lifecycle-hooks --query LifecycleHooks[].[LifecycleHookName,GlobalTimeout]", ...GROUP);
    assert.deepEqual(hooks, [
      ["launch", 60_000],
      ["terminate", 60_000],
    ]);
  });

  it("prints the message that scripts match on when there is no action to complete [A3.15]", async () => {
    const [id] = rig.inState("pool", "InService");
    const line = "autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE --lifecycle-hook-name launch";
    assert.equal(
      await refused("CompleteLifecycleAction", line, ...GROUP, "--instance-id", id!),
      `ValidationError: No active Lifecycle Action found with instance ID ${id}`,
    );
  });

  it("pages with its own tokens up to the requested number of items", async () => {
    const line = "autoscaling describe-auto-scaling-instances --page-size 1 --max-items 1";
    const first = await aws(line);
    assert.equal(first.AutoScalingInstances.length, 1);
    const second = await aws(line, "--starting-token", first.NextToken);
    const seen = [first, second].map((page) => page.AutoScalingInstances[0].InstanceId);
    assert.deepEqual(seen, rig.inState("pool", "InService"));
    assert.equal(second.NextToken, undefined);
  });

  it("protects one instance, scales in the other, and its waiter returns after the drain", async () => {
    const [kept, terminating] = rig.inState("pool", "InService");
    await aws("autoscaling set-instance-protection --protected-from-scale-in", ...GROUP, "--instance-ids", kept!);
    await aws("autoscaling set-desired-capacity --desired-capacity 1", ...GROUP);
    assert.deepEqual(await rig.until("pool", "Terminating:Wait", 1), [terminating]);
    const protect = refused(
      "SetInstanceProtection",
      "autoscaling set-instance-protection --protected-from-scale-in",
      ...GROUP,
      "--instance-ids",
      terminating!,
    );
    const remove = refused("DeleteAutoScalingGroup", "autoscaling delete-auto-scaling-group", ...GROUP);
    assert.equal(await protect, `ValidationError: The instance ${terminating} is not in InService or EnteringStandby or Standby.`);
    assert.match(await remove, /^ScalingActivityInProgress: /);
    await complete(terminating!, "terminate");
    await aws("ec2 wait instance-terminated --instance-ids", terminating!);
    const { Reservations } = await aws("ec2 describe-instances --filters", "Name=instance-state-name,Values=running");
    assert.deepEqual(
      Reservations.map((one: any) => one.Instances[0].InstanceId),
      [kept],
    );
  });

  it("sends a command and waits until it has run", async () => {
    const [id] = rig.inState("pool", "InService");
    const commandId = await aws(`ssm send-command --document-name ${DOCUMENT} --query Command.CommandId --instance-ids`, id!);
    await aws("ssm wait command-executed --command-id", commandId, "--instance-id", id!);
    const gone = "i-0123456789abcdef0";
    const message = await refused("SendCommand", `ssm send-command --document-name ${DOCUMENT} --instance-ids ${gone}`);
    assert.equal(message, `InvalidInstanceId: Instances [[${gone}]] not in a valid state for account 123456789012`);
  });

  it("copies an object, stores a secret and puts a metric", async () => {
    const file = join(rig.harness.workDir, "copy");
    const metric = join(rig.harness.workDir, "metric.json");
    writeFileSync(metric, JSON.stringify([{ MetricName: "ForcedStops", Value: 3, Dimensions: [{ Name: "Pool", Value: "cli" }] }]));
    await Promise.all([
      rig.cli("s3", "cp", "--quiet", `s3://${BUCKET}/${KEY}`, file),
      aws("secretsmanager create-secret --name cli/token --secret-string", "a b"),
      aws("cloudwatch put-metric-data --namespace CiRunners --metric-data", `file://${metric}`),
    ]);
    assert.deepEqual(readFileSync(file), OBJECT);
    assert.equal(await aws("secretsmanager get-secret-value --secret-id cli/token --query SecretString"), "a b");
    assert.deepEqual(
      rig.harness.cloudwatch.metrics.points("CiRunners", "ForcedStops", { Pool: "cli" }).map(({ value }) => value),
      [3],
    );
  });

  it("force-deletes the group and then finds only its activity history", async () => {
    assert.match(await refused("DeleteAutoScalingGroup", "autoscaling delete-auto-scaling-group", ...GROUP), /^ResourceInUse: /);
    await aws("autoscaling delete-auto-scaling-group --force-delete", ...GROUP);
    await rig.until("pool", "InService", 0);
    const [groups, history] = await Promise.all([
      aws("autoscaling describe-auto-scaling-groups --query AutoScalingGroups"),
      aws("autoscaling describe-scaling-activities --include-deleted-groups --query Activities[].StatusCode", ...GROUP),
    ]);
    assert.deepEqual(groups, []);
    assert.deepEqual(history, ["Successful", "Successful", "Successful", "Successful"]);
    assert.deepEqual(rig.harness.defects, []);
  });
});
