import assert from "node:assert/strict";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import { document, deployRole, startHarness, type AwsHarness } from "../harness";

const KEY = "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const ROOT = { Effect: "Allow", Action: "kms:*", Resource: "*", Principal: { AWS: "arn:aws:iam::123456789012:root" } };
const SECRETS = { Effect: "Allow", Action: "secretsmanager:*", Resource: "arn:aws:secretsmanager:*:*:secret:x/*" };
const through = (service: string, ...actions: string[]) => ({
  Effect: "Allow",
  Action: actions,
  Resource: KEY,
  Condition: { StringEquals: { "kms:ViaService": `${service}.eu-central-1.amazonaws.com` } },
});

describe("KMS keys of the customer", () => {
  let harness: AwsHarness;
  beforeEach(async () => {
    harness = await startHarness();
    setPolicy(ROOT);
  });
  afterEach(() => harness.end());

  const setPolicy = (...statements: object[]) =>
    harness.store.put({ type: "aws:kms/key:Key", id: "customers", state: { arn: KEY, isEnabled: true, policy: document(statements) } });
  const as = (roleName: string): Principal => ({ kind: "function", functionName: roleName, roleName });
  const call = (roleName: string, action: string, params: Shape) => harness.gateway.call(as(roleName), action, params);
  const REFUSED = { name: "AccessDeniedException", message: "Access to KMS is not allowed" };

  it("protect a secret from a role that may read it, but not use its key through Secrets Manager [A17.1, A17.5]", async () => {
    deployRole(harness.store, "writer", [SECRETS, through("secretsmanager", "kms:GenerateDataKey", "kms:Decrypt")]);
    deployRole(harness.store, "reader", [SECRETS, through("secretsmanager", "kms:Decrypt")]);
    deployRole(harness.store, "elsewhere", [SECRETS, through("s3", "kms:GenerateDataKey", "kms:Decrypt")]);
    deployRole(harness.store, "none", [SECRETS]);
    await call("writer", "secretsmanager:CreateSecret", { Name: "x/one", SecretString: "v", KmsKeyId: KEY });
    assert.equal((await call("reader", "secretsmanager:GetSecretValue", { SecretId: "x/one" })).SecretString, "v");
    for (const role of ["elsewhere", "none"]) {
      await assert.rejects(call(role, "secretsmanager:GetSecretValue", { SecretId: "x/one" }), REFUSED);
      await assert.rejects(call(role, "secretsmanager:CreateSecret", { Name: "x/two", SecretString: "v", KmsKeyId: KEY }), REFUSED);
    }
    await assert.rejects(call("reader", "secretsmanager:PutSecretValue", { SecretId: "x/one", SecretString: "w" }), REFUSED);
    await call("none", "secretsmanager:CreateSecret", { Name: "x/three", SecretString: "v" });
    assert.equal((await call("none", "secretsmanager:GetSecretValue", { SecretId: "x/three" })).SecretString, "v");
  });

  it("of a secret: the former one opens it after a change, but not what is written afterwards [A17.9]", async () => {
    const NEXT = KEY.replace(/1$/, "2");
    const next = (...actions: string[]) => ({ ...through("secretsmanager", ...actions), Resource: NEXT });
    harness.store.put({ type: "aws:kms/key:Key", id: "next", state: { arn: NEXT, isEnabled: true, policy: document([ROOT]) } });
    const old = through("secretsmanager", "kms:GenerateDataKey", "kms:Decrypt");
    deployRole(harness.store, "writer", [SECRETS, old, next("kms:GenerateDataKey", "kms:Decrypt")]);
    deployRole(harness.store, "mover", [SECRETS, old, next("kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt")]);
    deployRole(harness.store, "old", [SECRETS, old]);
    deployRole(harness.store, "next", [SECRETS, next("kms:Decrypt")]);
    const read = async (role: string) => (await call(role, "secretsmanager:GetSecretValue", { SecretId: "x/one" })).SecretString;
    await call("writer", "secretsmanager:CreateSecret", { Name: "x/one", SecretString: "v", KmsKeyId: KEY });
    await assert.rejects(call("old", "secretsmanager:UpdateSecret", { SecretId: "x/one", KmsKeyId: NEXT }), REFUSED);
    await call("writer", "secretsmanager:UpdateSecret", { SecretId: "x/one", KmsKeyId: NEXT });
    await assert.rejects(read("next"), REFUSED);
    await call("mover", "secretsmanager:UpdateSecret", { SecretId: "x/one", KmsKeyId: NEXT });
    assert.deepEqual([await read("old"), await read("next")], ["v", "v"]);
    await call("writer", "secretsmanager:UpdateSecret", { SecretId: "x/one", KmsKeyId: NEXT, SecretString: "w" });
    await assert.rejects(read("old"), REFUSED);
    assert.equal(await read("next"), "w");
    await call("writer", "secretsmanager:UpdateSecret", { SecretId: "x/one", KmsKeyId: "", SecretString: "y" });
    assert.equal(await read("old"), "y");
    const { KmsKeyId } = await call("old", "secretsmanager:DescribeSecret", { SecretId: "x/one" });
    assert.equal(KmsKeyId, undefined);
  });

  it("let nobody use them whom their own policy does not admit, whatever the role allows [A17.1]", async () => {
    deployRole(harness.store, "writer", [SECRETS, through("secretsmanager", "kms:GenerateDataKey", "kms:Decrypt")]);
    const create = (Name: string) => call("writer", "secretsmanager:CreateSecret", { Name, SecretString: "v", KmsKeyId: KEY });
    setPolicy({ ...ROOT, Principal: { AWS: "arn:aws:iam::123456789012:role/administrator" } });
    await assert.rejects(create("x/one"), REFUSED);
    setPolicy({ ...ROOT, Principal: { AWS: "arn:aws:iam::123456789012:role/writer" } });
    await create("x/one");
    setPolicy(ROOT, { ...ROOT, Effect: "Deny", Action: "kms:Decrypt" });
    await assert.rejects(create("x/two"), REFUSED);
  });

  it("refuse a dead letter from a function whose role may send, but not use the key of the queue through SQS [A17.3]", async () => {
    const QueueArn = "arn:aws:sqs:eu-central-1:123456789012:dead";
    harness.store.put({ type: "aws:sqs/queue:Queue", id: "https://sqs/dead", state: { arn: QueueArn, kmsMasterKeyId: KEY } });
    const SEND = { Effect: "Allow", Action: "sqs:SendMessage", Resource: QueueArn };
    deployRole(harness.store, "may", [SEND, through("sqs", "kms:GenerateDataKey", "kms:Decrypt")]);
    deployRole(harness.store, "half", [SEND, through("sqs", "kms:GenerateDataKey")]);
    await call("may", "sqs:SendMessage", { QueueArn, MessageBody: "one" });
    await assert.rejects(call("half", "sqs:SendMessage", { QueueArn, MessageBody: "two" }), { name: "KMS.AccessDeniedException" });
    assert.deepEqual(
      harness.queues.peek(QueueArn).map(({ body }) => body),
      ["one"],
    );
  });

  it("hide an object from a role that may read it, but not use its key through S3, whatever the bucket's rule is now [A17.4]", async () => {
    const bucket = { Bucket: "b", Key: "k" };
    const { store } = harness;
    store.put({ type: "aws:s3/bucket:Bucket", id: "b", state: { bucket: "b" } });
    const rule = (sseAlgorithm: string, kmsMasterKeyId?: string) => {
      const type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
      const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm, kmsMasterKeyId } }];
      store.put({ type, id: "b", state: { bucket: "b", rules } });
    };
    const object = (kmsKeyId?: string) => {
      const state = { bucket: "b", key: "k", file: __filename, kmsKeyId };
      store.put({ type: "aws:s3/bucketObjectv2:BucketObjectv2", id: "b/k", state });
    };
    rule("AES256");
    object(KEY);
    const READ = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
    deployRole(store, "may", [READ, through("s3", "kms:Decrypt")]);
    deployRole(store, "not", [READ]);
    await call("may", "s3:GetObject", bucket);
    await assert.rejects(call("not", "s3:GetObject", bucket), { name: "AccessDenied", message: /not authorized to perform: kms:Decrypt/ });
    rule("aws:kms", KEY);
    object();
    await call("not", "s3:GetObject", bucket);
  });
});
