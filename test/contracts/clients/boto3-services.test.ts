import assert from "node:assert/strict";
import { throttling, resourceContention } from "../../../rehearsal/aws/api-faults";
import { deployRole, ACCOUNT } from "../../rehearsal/aws/harness";
import { BUCKET, ClientRig, DOCUMENT, KEY, OBJECT, TEMPLATE } from "./rig";

const fieldsOf = ({ class: kind, Code, Message, status }: { class: string; Code?: string; Message?: string; status?: number }) => [
  kind,
  Code,
  Message,
  status,
];

describe("boto3 at the other services of the AWS stand-in", () => {
  let rig: ClientRig;
  let hosts: string[];
  const call = (service: string, operation: string, params: object = {}) => rig.boto.call(service, operation, params);
  const fails = async (service: string, operation: string, params: object = {}) =>
    fieldsOf(await rig.boto.fails(service, operation, params));
  const pages = (service: string, operation: string, PageSize: number, params: object = {}): Promise<any[]> =>
    rig.boto.pages(service, operation, { ...params, PaginationConfig: { PageSize } });

  before(async function () {
    rig = await ClientRig.open(this);
    await call("autoscaling", "create_auto_scaling_group", {
      AutoScalingGroupName: "pool",
      LaunchTemplate: TEMPLATE,
      MinSize: 0,
      MaxSize: 7,
      DesiredCapacity: 7,
      VPCZoneIdentifier: "subnet-0a",
    });
    hosts = await rig.until("pool", "InService", 7);
  });
  after(() => rig?.close());
  afterEach(() => {
    assert.deepEqual(rig.harness.defects, []);
    rig.boto.as = {};
  });

  describe("EC2", () => {
    it("pages through instances, with at least 5 per page and never together with ids [A11.1, A11.2]", async () => {
      const read = await pages("ec2", "describe_instances", 5);
      assert.deepEqual(
        read.map(({ Reservations }) => Reservations.length),
        [5, 2],
      );
      const found = read.flatMap(({ Reservations }) => Reservations.flatMap(({ Instances }: any) => Instances));
      assert.deepEqual(
        found.map(({ InstanceId }) => InstanceId),
        hosts,
      );
      assert.deepEqual(
        [found[0].State, found[0].InstanceType, typeof found[0].LaunchTime.$time],
        [{ Code: 16, Name: "running" }, "t4g.small", "number"],
      );
      const combination = "The parameter instancesSet cannot be used with the parameter maxResults";
      const together = await rig.boto.pagesFail("ec2", "describe_instances", { InstanceIds: hosts, PaginationConfig: { PageSize: 5 } });
      assert.deepEqual(fieldsOf(together), ["ClientError", "InvalidParameterCombination", combination, 400]);
      const few = "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.";
      assert.deepEqual(await fails("ec2", "describe_instances", { MaxResults: 4 }), ["ClientError", "InvalidParameterValue", few, 400]);
    });

    it("satisfies the waiters for running and existing instances, and fails the waiter for a nonexistent one [A11.3]", async () => {
      await rig.boto.wait("ec2", "instance_running", { InstanceIds: hosts });
      await rig.boto.wait("ec2", "instance_exists", { InstanceIds: hosts });
      const never = await rig.boto.waitFails("ec2", "instance_running", {
        InstanceIds: ["i-0123456789abcdef0"],
        WaiterConfig: { Delay: 0.1, MaxAttempts: 2 },
      });
      assert.equal(
        never.text,
        "Waiter InstanceRunning failed: Max attempts exceeded. Previously accepted state: Matched expected service error code: InvalidInstanceID.NotFound",
      );
    });
  });

  describe("Systems Manager", () => {
    it("satisfies the waiter for a command and returns its output", async () => {
      const [id] = hosts;
      const { Command } = await call("ssm", "send_command", { DocumentName: DOCUMENT, InstanceIds: [id], TimeoutSeconds: 30 });
      await rig.boto.wait("ssm", "command_executed", { CommandId: Command.CommandId, InstanceId: id });
      const detail = await call("ssm", "get_command_invocation", { CommandId: Command.CommandId, InstanceId: id });
      assert.deepEqual([detail.Status, detail.ResponseCode, detail.StandardOutputContent], ["Success", 0, "done"]);
      assert.deepEqual(rig.harness.driver.commands.at(-1), {
        instanceId: id,
        commands: ["systemctl stop --no-block actions-runner.service"],
      });
    });

    it("fails the waiter at once if the command failed", async () => {
      const [, id] = hosts;
      const { reply } = rig.harness.driver;
      rig.harness.driver.reply = async () => ({ exitCode: 5, stdout: "", stderr: "no such unit" });
      const { Command } = await call("ssm", "send_command", { DocumentName: DOCUMENT, InstanceIds: [id] });
      const failed = await rig.boto.waitFails("ssm", "command_executed", {
        CommandId: Command.CommandId,
        InstanceId: id,
        WaiterConfig: { Delay: 0.1, MaxAttempts: 100 },
      });
      rig.harness.driver.reply = reply;
      assert.match(
        failed.text,
        /^Waiter CommandExecuted failed: Waiter encountered a terminal failure state: For expression "Status" we matched expected path: "Failed"/,
      );
    });

    it("reports an instance without an SSM agent in AWS's words, as the modelled exception [A9.1]", async () => {
      const gone = "i-0123456789abcdef0";
      const message = `Instances [[${gone}]] not in a valid state for account ${ACCOUNT.accountId}`;
      assert.deepEqual(await fails("ssm", "send_command", { DocumentName: DOCUMENT, InstanceIds: [gone] }), [
        "InvalidInstanceId",
        "InvalidInstanceId",
        message,
        400,
      ]);
      assert.equal((await fails("ssm", "send_command", { DocumentName: "none", InstanceIds: [hosts[0]] }))[0], "InvalidDocument");
      assert.equal(
        (await fails("ssm", "get_command_invocation", { CommandId: "0".repeat(36), InstanceId: gone }))[0],
        "InvocationDoesNotExist",
      );
      assert.equal((await fails("ssm", "get_parameter", { Name: "/none" }))[0], "ParameterNotFound");
    });

    it("pages through agents and invocations", async () => {
      const agents = await pages("ssm", "describe_instance_information", 5);
      assert.deepEqual(
        agents.map(({ InstanceInformationList: list }) => list.length),
        [5, 2],
      );
      const { Command } = await call("ssm", "send_command", { DocumentName: DOCUMENT, InstanceIds: hosts });
      const invocations = await pages("ssm", "list_command_invocations", 3, { CommandId: Command.CommandId });
      assert.deepEqual(
        invocations.map(({ CommandInvocations: list }) => list.length),
        [3, 3, 1],
      );
      const reached = invocations.flatMap(({ CommandInvocations: list }) => list.map((one: any) => one.InstanceId));
      assert.deepEqual(reached, hosts);
    });
  });

  describe("Secrets Manager", () => {
    it("stores text, pages through names, and deletes at once with ForceDeleteWithoutRecovery", async () => {
      for (const name of ["boto/1", "boto/2", "boto/3"])
        await call("secretsmanager", "create_secret", { Name: name, SecretString: `tökén ${name}`, Tags: [{ Key: "k", Value: "v" }] });
      const value = await call("secretsmanager", "get_secret_value", { SecretId: "boto/1" });
      assert.deepEqual([value.SecretString, value.VersionStages], ["tökén boto/1", ["AWSCURRENT"]]);
      assert.ok(Math.abs(value.CreatedDate.$time - Date.now()) < 60_000);
      const read = await pages("secretsmanager", "list_secrets", 2, { Filters: [{ Key: "name", Values: ["boto/"] }] });
      assert.deepEqual(
        read.map(({ SecretList }) => SecretList.map(({ Name }: any) => Name)),
        [["boto/1", "boto/2"], ["boto/3"]],
      );
      await call("secretsmanager", "delete_secret", { SecretId: "boto/1", ForceDeleteWithoutRecovery: true });
      const missing = ["ResourceNotFoundException", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400];
      assert.deepEqual(await fails("secretsmanager", "get_secret_value", { SecretId: "boto/1" }), missing);
    });

    it("refuses a name that is in use, and one that is scheduled for deletion", async () => {
      const taken = await fails("secretsmanager", "create_secret", { Name: "boto/2", SecretString: "x" });
      assert.deepEqual(taken.slice(0, 3), [
        "ResourceExistsException",
        "ResourceExistsException",
        "The operation failed because the secret boto/2 already exists.",
      ]);
      await call("secretsmanager", "delete_secret", { SecretId: "boto/2", RecoveryWindowInDays: 7 });
      assert.equal((await fails("secretsmanager", "create_secret", { Name: "boto/2", SecretString: "x" }))[0], "InvalidRequestException");
    });
  });

  describe("S3", () => {
    it("returns an object byte for byte under the bucket's own host name", async () => {
      const object = await call("s3", "get_object", { Bucket: BUCKET, Key: KEY });
      assert.equal(object.Body.$bytes, OBJECT.toString("base64"));
      assert.deepEqual([object.ContentLength, object.ContentType, object.LastModified.$time], [6, "application/x-tar", 1_700_000_000_000]);
      assert.equal((await call("s3", "head_object", { Bucket: BUCKET, Key: KEY })).ContentLength, 6);
      assert.ok(rig.tunnel.requested.has(`${BUCKET}.s3.${ACCOUNT.region}.amazonaws.com`));
    });

    it("distinguishes a missing object from a missing bucket", async () => {
      assert.deepEqual((await fails("s3", "get_object", { Bucket: BUCKET, Key: "none" })).slice(0, 3), [
        "NoSuchKey",
        "NoSuchKey",
        "The specified key does not exist.",
      ]);
      assert.deepEqual((await fails("s3", "get_object", { Bucket: "none-such", Key: "x" })).slice(0, 2), ["NoSuchBucket", "NoSuchBucket"]);
    });
  });

  it("accepts CloudWatch metrics in the protocol that botocore uses, compressed ones included", async () => {
    const datum = (value: number) => ({
      MetricName: "ForcedStops",
      Value: value,
      Dimensions: [{ Name: "Pool", Value: "p" }],
      Unit: "Count",
    });
    // botocore compresses bodies above 10 KB.
    await call("cloudwatch", "put_metric_data", { Namespace: "CiRunners", MetricData: Array.from({ length: 300 }, (_, i) => datum(i)) });
    assert.deepEqual(
      rig.harness.cloudwatch.metrics.points("CiRunners", "ForcedStops", { Pool: "p" }).map(({ value }) => value),
      Array.from({ length: 300 }, (_, i) => i),
    );
    assert.equal(
      (await fails("cloudwatch", "put_metric_data", { Namespace: "AWS/EC2", MetricData: [datum(1)] }))[1],
      "InvalidParameterValue",
    );
  });

  describe("transient errors", () => {
    const protect = () =>
      call("autoscaling", "set_instance_protection", { AutoScalingGroupName: "pool", InstanceIds: hosts, ProtectedFromScaleIn: true });

    it("are retried by botocore if Auto Scaling throttles or has a pending update, until the call succeeds", async () => {
      const action = "autoscaling:SetInstanceProtection";
      rig.harness.faults.inject({ action, error: throttling(), times: 1 });
      rig.harness.faults.inject({ action, error: resourceContention(), times: 1 });
      assert.equal((await protect()).ResponseMetadata.RetryAttempts, 2);
    });

    it("are raised as AWS's exceptions if they persist [A3.17, A3.18]", async () => {
      const lift = [
        rig.harness.faults.inject({ action: "autoscaling:DescribeAutoScalingGroups", error: throttling() }),
        rig.harness.faults.inject({ action: "autoscaling:CompleteLifecycleAction", error: resourceContention() }),
      ];
      const throttled = await fails("autoscaling", "describe_auto_scaling_groups");
      const complete = { AutoScalingGroupName: "pool", LifecycleHookName: "h", InstanceId: hosts[0], LifecycleActionResult: "CONTINUE" };
      const busy = await fails("autoscaling", "complete_lifecycle_action", complete);
      for (const end of lift) end();
      assert.deepEqual(throttled, ["ClientError", "Throttling", "Rate exceeded", 400]);
      assert.deepEqual(busy, [
        "ResourceContentionFault",
        "ResourceContention",
        "You already have a pending update to an Amazon EC2 Auto Scaling resource.",
        500,
      ]);
    });
  });

  describe("a caller", () => {
    const as = ({
      accessKeyId,
      secretAccessKey,
      sessionToken,
    }: {
      accessKeyId: string;
      secretAccessKey: string;
      sessionToken?: string;
    }) => {
      rig.boto.as = {
        aws_access_key_id: accessKeyId,
        aws_secret_access_key: secretAccessKey,
        ...(sessionToken ? { aws_session_token: sessionToken } : {}),
      };
    };

    it("may do what the role's policy allows and is refused the rest with AWS's message", async () => {
      const { arn } = rig.harness.autoscaling.group("pool")!;
      deployRole(rig.harness.store, "narrow", [{ Effect: "Allow", Action: "autoscaling:SetDesiredCapacity", Resource: arn }]);
      as(rig.harness.credentials.issue({ kind: "function", functionName: "narrow", roleName: "narrow" }));
      await call("autoscaling", "set_desired_capacity", { AutoScalingGroupName: "pool", DesiredCapacity: 7 });
      const [kind, code, message, status] = await fails("autoscaling", "delete_auto_scaling_group", { AutoScalingGroupName: "pool" });
      assert.deepEqual([kind, code, status], ["ClientError", "AccessDenied", 403]);
      assert.match(
        String(message),
        /assumed-role\/narrow\/\S* is not authorized to perform: autoscaling:DeleteAutoScalingGroup on resource: arn:aws:autoscaling:/,
      );
      assert.equal((await fails("ec2", "describe_instances"))[1], "UnauthorizedOperation");
      assert.equal((await fails("secretsmanager", "list_secrets"))[0], "ClientError");
      assert.equal(rig.harness.denied().length, 3);
    });

    it("is refused with an unknown access key, a wrong secret key, or another session's token", async () => {
      const known = rig.harness.credentials.issue({ kind: "operator" });
      as({ ...known, accessKeyId: "AKIA0000000000000000" });
      assert.deepEqual((await fails("autoscaling", "describe_auto_scaling_groups")).slice(1, 3), [
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
      ]);
      assert.equal((await fails("ssm", "describe_instance_information"))[1], "UnrecognizedClientException");
      as({ ...known, secretAccessKey: "wrong" });
      assert.equal((await fails("autoscaling", "describe_auto_scaling_groups"))[1], "SignatureDoesNotMatch");
      assert.equal((await fails("s3", "get_object", { Bucket: BUCKET, Key: KEY }))[1], "SignatureDoesNotMatch");
      const session = rig.harness.credentials.issue({ kind: "function", functionName: "narrow", roleName: "narrow" });
      as({ ...session, sessionToken: "another's" });
      assert.equal((await fails("secretsmanager", "list_secrets"))[1], "UnrecognizedClientException");
    });
  });
});
