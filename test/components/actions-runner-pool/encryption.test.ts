import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { ENV, SECRET_TAGS_FILE } from "../../../contract/actions-runner-pool/environment";
import type { PolicyDocument, Statement } from "../../../components/shared/policy";
import { Deployment } from "../mocks";
import { poolArgs } from "./pool-args";

const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const OTHER = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000002";
const FUNCTIONS = ["register", "deregister", "sweep"];

async function deploy(changes: Partial<ActionsRunnerPoolArgs>): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}

const keyStatements = (deployment: Deployment, role: string): Statement[] => {
  const document: PolicyDocument = JSON.parse(deployment.named("aws:iam/rolePolicy:RolePolicy", `runners-${role}`).inputs.policy);
  return document.Statement.filter(({ Action }) => Action.some((action) => action.startsWith("kms:")));
};
const rule = (deployment: Deployment) =>
  deployment.only("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").inputs.rules[0];
const object = (deployment: Deployment) => {
  const { serverSideEncryption, kmsKeyId } = deployment.only("aws:s3/bucketObjectv2:BucketObjectv2").inputs;
  return [serverSideEncryption, kmsKeyId];
};
const volumeKey = (deployment: Deployment) =>
  deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs.blockDeviceMappings[0].ebs.kmsKeyId;

describe("a pool with a customer's key", () => {
  it("leaves nothing that it stores under another key, which an organization's rules would refuse", async () => {
    const deployment = await deploy({ kmsKeyArn: KEY });
    for (const { name, inputs } of deployment.of("aws:cloudwatch/logGroup:LogGroup")) assert.equal(inputs.kmsKeyId, KEY, name);
    const queue = deployment.only("aws:sqs/queue:Queue").inputs;
    assert.deepEqual([queue.kmsMasterKeyId, queue.sqsManagedSseEnabled], [KEY, undefined]);
    assert.deepEqual(rule(deployment), {
      applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY },
      bucketKeyEnabled: true,
    });
    assert.deepEqual(object(deployment), ["aws:kms", KEY]);
    assert.equal(volumeKey(deployment), KEY);
    const told = FUNCTIONS.filter((key) => {
      const { variables } = deployment.named("aws:lambda/function:Function", `runners-${key}`).inputs.environment;
      return variables[ENV.secretKmsKeyArn] === KEY;
    });
    assert.deepEqual(told, ["register", "sweep"], "the functions that create secrets");
  });

  it("keeps another key for the volumes, if there is one", async () => {
    assert.equal(volumeKey(await deploy({ kmsKeyArn: KEY, rootVolumeKmsKeyId: OTHER })), OTHER);
  });

  it("lets each role use the key only through the services that store its data, and no role without need", async () => {
    const deployment = await deploy({ kmsKeyArn: KEY });
    const uses = (role: string) =>
      keyStatements(deployment, role).map(({ Sid, Action, Resource, Condition }) => {
        assert.deepEqual(Resource, [KEY], Sid);
        return [Sid, Action.join(), (Condition as any).StringEquals["kms:ViaService"]];
      });
    const both = "kms:GenerateDataKey,kms:Decrypt";
    const letters = ["EncryptDeadLetters", both, "sqs.us-east-1.amazonaws.com"];
    const tokens = ["EncryptRegistrationTokens", both, "secretsmanager.us-east-1.amazonaws.com"];
    assert.deepEqual(uses("register"), [letters, tokens]);
    assert.deepEqual(uses("sweep"), [letters, tokens]);
    assert.deepEqual(uses("deregister"), [letters]);
    assert.deepEqual(uses("host"), [
      ["DecryptHostBundle", "kms:Decrypt", "s3.us-east-1.amazonaws.com"],
      ["DecryptRegistrationToken", "kms:Decrypt", "secretsmanager.us-east-1.amazonaws.com"],
    ]);
  });

  it("gives no role a permission on a key without one, and encrypts with AWS's own keys", async () => {
    const deployment = await deploy({});
    for (const role of ["host", ...FUNCTIONS]) assert.deepEqual(keyStatements(deployment, role), [], role);
    assert.equal(deployment.only("aws:sqs/queue:Queue").inputs.sqsManagedSseEnabled, true);
    assert.deepEqual(rule(deployment), { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } });
    assert.deepEqual(object(deployment), ["AES256", undefined]);
    assert.equal(volumeKey(deployment), undefined);
  });
});

describe("the tags of registration secrets", () => {
  const packed = async (deployment: Deployment, key: string): Promise<Record<string, unknown>> => {
    const { assets } = await deployment.named("aws:lambda/function:Function", `runners-${key}`).inputs.code;
    const file = (await assets)[SECRET_TAGS_FILE];
    return file ? JSON.parse(await file.text) : {};
  };

  it("are all of the pool's, packed with the functions that create secrets, in one order whatever that of the program", async () => {
    const one = await deploy({ tags: { team: "build", CostCenter: "7" } });
    const two = await deploy({ tags: { CostCenter: "7", team: "build" } });
    const [tags, again] = [await packed(one, "register"), await packed(two, "register")];
    assert.deepEqual(tags, one.only("aws:sqs/queue:Queue").inputs.tags);
    assert.equal(tags.CostCenter, "7");
    assert.equal(JSON.stringify(tags), JSON.stringify(again));
    assert.deepEqual(await packed(one, "sweep"), tags);
    assert.deepEqual(await packed(one, "deregister"), {});
  });
});
