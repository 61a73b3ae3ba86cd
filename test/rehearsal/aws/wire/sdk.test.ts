import assert from "node:assert/strict";
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  SetInstanceProtectionCommand,
} from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateSecretCommand, GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { AwsError } from "../../../../rehearsal/aws/api";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import { ACCOUNT, startHarness, type AwsHarness } from "../harness";

describe("the stand-in's wire protocols, used by the AWS SDK", () => {
  let harness: AwsHarness;
  let client: { region: string; endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string }; maxAttempts: number };

  before(async () => {
    harness = await startHarness();
    const { accessKeyId, secretAccessKey } = harness.credentials.issue({ kind: "operator" });
    client = {
      region: ACCOUNT.region,
      endpoint: `http://127.0.0.1:${harness.front.httpPort}`,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    };
    harness.autoscaling.createGroup({
      name: "pool",
      minSize: 0,
      maxSize: 4,
      desiredCapacity: 2,
      launchTemplate: { id: "lt-1", name: "lt", version: "1", instanceType: "t4g.small", userData: "" },
      subnets: [{ id: "subnet-1", availabilityZone: "eu-central-1a" }],
      tags: [{ key: 'odd <&> "name"', value: "naïve ü", propagateAtLaunch: true }],
    });
  });
  after(() => harness.end());

  it("must not lose or alter a group's data in XML [A3.19]", async () => {
    const { AutoScalingGroups: [group] = [] } = await new AutoScalingClient(client).send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["pool"] }),
    );
    assert.equal(group?.AutoScalingGroupName, "pool");
    assert.equal(group?.MaxSize, 4);
    assert.ok(group?.CreatedTime instanceof Date);
    assert.equal(group?.Tags?.[0]?.Key, 'odd <&> "name"');
    assert.equal(group?.Tags?.[0]?.Value, "naïve ü");
    assert.equal(group?.Tags?.[0]?.PropagateAtLaunch, true);
  });

  it("must distinguish an empty list from a list with an empty member", async () => {
    const client2 = new AutoScalingClient(client);
    const { AutoScalingInstances } = await client2.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: ["i-00000000000000000"] }));
    assert.deepEqual(AutoScalingInstances, []);
  });

  it("must return AWS's error code and message unchanged, since the agent matches on them [A3.16]", async () => {
    const request = {
      AutoScalingGroupName: "pool",
      LifecycleHookName: "hook",
      LifecycleActionResult: "CONTINUE",
      LifecycleActionToken: "87654321-4321-4321-4321-210987654321",
    };
    await assert.rejects(
      new AutoScalingClient(client).send(new CompleteLifecycleActionCommand(request)),
      (error: Error & { $metadata: { httpStatusCode: number } }) => {
        assert.equal(error.name, "ValidationError");
        assert.match(error.message, /^No active Lifecycle Action found with token 87654321-4321-4321-4321-210987654321/);
        assert.equal(error.$metadata.httpStatusCode, 400);
        return true;
      },
    );
  });

  it("must return injected throttling so that the SDK classifies it as retryable [A3.18]", async () => {
    const removeFault = harness.faults.inject({ action: "autoscaling:SetInstanceProtection", error: throttling() });
    const request = { AutoScalingGroupName: "pool", InstanceIds: ["i-1", "i-2"], ProtectedFromScaleIn: true };
    await assert.rejects(
      new AutoScalingClient({ ...client, maxAttempts: 2 }).send(new SetInstanceProtectionCommand(request)),
      (error: Error & { $metadata: { attempts: number } }) => {
        assert.equal(error.name, "Throttling");
        assert.equal(error.$metadata.attempts, 2);
        return true;
      },
    );
    removeFault();
  });

  it("must preserve strings, blobs, dates and lists in the JSON protocol", async () => {
    const secrets = new SecretsManagerClient(client);
    const tags = [{ Key: "ci-runners:owner", Value: "AROA:i-1" }];
    await secrets.send(new CreateSecretCommand({ Name: "wire/text", SecretString: "tökén", Tags: tags }));
    await secrets.send(new CreateSecretCommand({ Name: "wire/blob", SecretBinary: new Uint8Array([0, 255, 7]) }));
    const text = await secrets.send(new GetSecretValueCommand({ SecretId: "wire/text" }));
    assert.equal(text.SecretString, "tökén");
    assert.ok(Math.abs(text.CreatedDate!.getTime() - Date.now()) < 60_000);
    const blob = await secrets.send(new GetSecretValueCommand({ SecretId: "wire/blob" }));
    assert.deepEqual([...blob.SecretBinary!], [0, 255, 7]);
    const { SecretList = [] } = await secrets.send(new ListSecretsCommand({ Filters: [{ Key: "name", Values: ["wire/"] }] }));
    assert.deepEqual(
      SecretList.map(({ Name }) => Name),
      ["wire/text", "wire/blob"],
    );
    await assert.rejects(secrets.send(new GetSecretValueCommand({ SecretId: "wire/none" })), {
      name: "ResourceNotFoundException",
      message: "Secrets Manager can't find the specified secret.",
    });
  });

  it("must return an image id for public parameters", async () => {
    const name = "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id";
    const { Parameter } = await new SSMClient(client).send(new GetParameterCommand({ Name: name }));
    assert.match(Parameter?.Value ?? "", /^ami-[0-9a-f]{17}$/);
    await assert.rejects(new SSMClient(client).send(new GetParameterCommand({ Name: "/none" })), { name: "ParameterNotFound" });
  });

  it("must accept metrics in the protocol of the current SDK", async () => {
    const at = new Date(Date.now() - 5_000);
    await new CloudWatchClient(client).send(
      new PutMetricDataCommand({
        Namespace: "CiRunners",
        MetricData: [{ MetricName: "ForcedStops", Value: 2, Timestamp: at, Dimensions: [{ Name: "Pool", Value: "p" }] }],
      }),
    );
    const [point] = harness.cloudwatch.metrics.points("CiRunners", "ForcedStops", { Pool: "p" });
    assert.equal(point?.value, 2);
    assert.ok(Math.abs(point!.at - at.getTime()) < 1000);
  });

  it("must support EC2's own encoding of lists and errors", async () => {
    const ec2 = new EC2Client(client);
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["terminated"] }] }),
    );
    assert.deepEqual(Reservations, []);
    await assert.rejects(ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-0123456789abcdef0"] })), {
      name: "InvalidInstanceID.NotFound",
    });
  });

  it("must reject a wrong secret key, so that an unsigned request does not go unnoticed", async () => {
    const wrong = { ...client, credentials: { ...client.credentials, secretAccessKey: "wrong" } };
    await assert.rejects(new AutoScalingClient(wrong).send(new DescribeAutoScalingGroupsCommand({})), { name: "SignatureDoesNotMatch" });
    await assert.rejects(new SecretsManagerClient(wrong).send(new ListSecretsCommand({})), { name: "InvalidSignatureException" });
    const unknown = { ...client, credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } };
    await assert.rejects(new AutoScalingClient(unknown).send(new DescribeAutoScalingGroupsCommand({})), { name: "InvalidClientTokenId" });
    await assert.rejects(new SecretsManagerClient(unknown).send(new ListSecretsCommand({})), { name: "UnrecognizedClientException" });
  });

  it("must return InternalFailure for a defect of the stand-in and record it, never return a result", async () => {
    const before = harness.defects.length;
    const broken = new Error("broken on purpose") as AwsError;
    const original = harness.secrets.execute;
    harness.secrets.execute = async () => {
      throw broken;
    };
    try {
      await assert.rejects(new SecretsManagerClient(client).send(new ListSecretsCommand({})), { name: "InternalFailure" });
      assert.equal(harness.defects.length, before + 1);
      assert.equal(harness.defects.at(-1), broken);
    } finally {
      harness.secrets.execute = original;
      harness.defects.length = before;
    }
  });
});
