import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import type { ApiCall } from "../../../../rehearsal/provider/api-calls/api-call";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import type { Properties } from "../../../../rehearsal/provider/values";
import { FakeAutoScaling } from "../fake-auto-scaling";

const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const RULE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
const URN = `urn:pulumi:test::tiny::${OBJECT}::bundle`;
const [A, B] = [1, 2].map((n) => `arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-00000000000${n}`);
const BUNDLE = { bucket: "bundles", key: "one", content: "x" };

describe("the encryption of an S3 object", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));
  let store: MemoryStore;
  let backend: ProviderBackend;
  let seen: ApiCall[];
  beforeEach(() => {
    store = new MemoryStore();
    store.put({ type: "aws:s3/bucket:Bucket", id: "bundles", state: { bucket: "bundles" } });
    seen = [];
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, authorise: (call) => seen.push(call) });
  });

  const create = async (inputs: Properties) => backend.create({ urn: URN, news: backend.check({ urn: URN, news: inputs }).inputs });
  const stored = () => {
    const { serverSideEncryption, kmsKeyId } = store.get(OBJECT, "bundles/one")!.state;
    return [serverSideEncryption, kmsKeyId];
  };
  /** From one set of inputs to another: what the provider plans, and the update if it plans one. */
  async function change(oldInputs: Properties, news: Properties): Promise<string[]> {
    const { id, outputs } = await create(oldInputs);
    const call = { urn: URN, id, olds: outputs, oldInputs, news };
    const { changes } = backend.diff(call);
    if (changes.length > 0) await backend.update(call);
    return changes.map(({ property, kind }) => `${kind} ${property}`);
  }

  it("stays under the key that the program takes away, because the provider sees no difference [A17.7]", async () => {
    assert.deepEqual(await change({ ...BUNDLE, kmsKeyId: A }, BUNDLE), []);
    assert.deepEqual(stored(), ["aws:kms", A]);
  });

  it("cannot become a key's by an update that gives the key alone: it sends the algorithm of the state [A17.6, A17.7]", async () => {
    const text =
      "InvalidArgument: Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms";
    await assert.rejects(change(BUNDLE, { ...BUNDLE, kmsKeyId: A }), {
      message: `uploading S3 Object (one) to Bucket (bundles): ${text}`,
    });
    assert.deepEqual(stored(), ["AES256", undefined]);
  });

  it("cannot lose its key by an update either, though it names the algorithm: that sends the key of the state [A17.6, A17.7]", async () => {
    await assert.rejects(change({ ...BUNDLE, kmsKeyId: A }, { ...BUNDLE, serverSideEncryption: "AES256" }), /InvalidArgument/);
  });

  it("follows a change from one key to another, and that of the key together with the algorithm", async () => {
    assert.deepEqual(await change({ ...BUNDLE, kmsKeyId: A }, { ...BUNDLE, kmsKeyId: B }), ["update kmsKeyId"]);
    assert.deepEqual(stored(), ["aws:kms", B]);
    assert.deepEqual(await change(BUNDLE, { ...BUNDLE, kmsKeyId: A, serverSideEncryption: "aws:kms" }), [
      "add kmsKeyId",
      "update serverSideEncryption",
    ]);
    assert.deepEqual(stored(), ["aws:kms", A]);
  });

  it("is that of the bucket's rule at the upload, unless the upload names another, and does not follow the rule [A17.4]", async () => {
    const rule = (kmsMasterKeyId?: string) => {
      const applied = kmsMasterKeyId ? { sseAlgorithm: "aws:kms", kmsMasterKeyId } : { sseAlgorithm: "AES256" };
      store.put({ type: RULE, id: "bundles", state: { bucket: "bundles", rules: [{ applyServerSideEncryptionByDefault: applied }] } });
    };
    rule(A);
    await create(BUNDLE);
    assert.deepEqual(stored(), ["aws:kms", A]);
    rule(B);
    assert.deepEqual(stored(), ["aws:kms", A]);
    await create({ ...BUNDLE, serverSideEncryption: "AES256" });
    assert.deepEqual(stored(), ["AES256", undefined]);
    rule();
    await create({ ...BUNDLE, kmsKeyId: A });
    assert.deepEqual(stored(), ["aws:kms", A]);
  });

  it("needs the permission to use the key, through S3, of the uploader, and no key without one needs any [A17.8]", async () => {
    await create({ ...BUNDLE, kmsKeyId: A });
    const uses = seen.filter(({ action }) => action.startsWith("kms:"));
    assert.deepEqual(
      uses.map(({ action, resource, context }) => [action, resource, context["kms:ViaService"]]),
      ["kms:GenerateDataKey", "kms:Decrypt"].map((action) => [action, A, "s3.eu-central-1.amazonaws.com"]),
    );
    seen.length = 0;
    await create(BUNDLE);
    assert.deepEqual(
      seen.map(({ action }) => action),
      ["s3:PutObject"],
    );
  });
});
