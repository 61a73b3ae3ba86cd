import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { createHostBundle } from "../../../components/shared/host-bundle";
import { bundleKey } from "../../../contract/shared/host-bundle";
import type { DeployedResource } from "../../../rehearsal/aws/api";
import { Iam } from "../../../rehearsal/aws/iam/iam";
import { KmsKeys } from "../../../rehearsal/aws/kms/keys";
import { S3 } from "../../../rehearsal/aws/s3/s3";
import type { StackHandle } from "../../../rehearsal/engine/engine";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const KEYS = [1, 2].map((n) => `arn:aws:kms:eu-west-1:123456789012:key/0f6b2c1d-0000-4000-8000-00000000000${n}`);
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

describe("the host bundles of earlier launch template versions, on the real engine", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const rig = new Rig();
  let stack: StackHandle;
  let content = "first";
  let kmsKeyArn: string | undefined;

  /** A launch template whose user data names the bundle, as the component's does. */
  async function program(): Promise<Record<string, unknown>> {
    const file = join(rig.dir, "bundle.tar");
    writeFileSync(file, content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const { bucket } = createHostBundle("pool", { built: { file, sha256 }, kmsKeyArn, tags: {} }, {});
    const userData = bucket.bucket.apply((name) => Buffer.from(`${name} ${bundleKey(sha256)}`).toString("base64"));
    new aws.ec2.LaunchTemplate("pool", { userData, updateDefaultVersion: true });
    return {};
  }

  before(async () => {
    rig.writeProject();
    stack = await rig.open({ program });
  });
  after(() => rig.close());

  const deploy = async (next: string): Promise<void> => {
    content = next;
    await stack.up();
  };
  const objects = (): DeployedResource[] => rig.store.list(OBJECT);

  /** What the first boot of an instance of the version reads. */
  async function boot(version: number): Promise<string> {
    const [template] = rig.store.list(TEMPLATE);
    const userData = Buffer.from(template!.state["_versions"][version].userData, "base64").toString();
    const [Bucket, Key] = userData.split(" ");
    const account = { region: "eu-west-1", accountId: "123456789012" };
    const iam = new Iam(rig.store, account);
    const s3 = new S3(rig.store, iam, new KmsKeys(rig.store, iam, account));
    return String((await s3.execute("GetObject", { Bucket, Key }, { kind: "operator" }))["Body"]);
  }

  it("stay after an update and after a return to an earlier one, so that an instance of each version boots", async () => {
    for (const next of ["first", "second", "first"]) await deploy(next);
    assert.deepEqual(await Promise.all([1, 2, 3].map(boot)), ["first", "second", "first"]);
    assert.equal(objects().length, 2);
  });

  it("are what such an instance needs: without its bundle it does not boot", async () => {
    const second = objects().find(({ id }) => id.endsWith(bundleKey(createHash("sha256").update("second").digest("hex"))))!;
    rig.store.remove(OBJECT, second.id);
    await assert.rejects(boot(2), { code: "NoSuchKey" });
    assert.equal(await boot(1), "first");
  });

  it("get the key that the pool gets, loses or changes, also on the same release: instances may use no other", async () => {
    const current = () => objects().find(({ id }) => id.endsWith(bundleKey(createHash("sha256").update("first").digest("hex"))))!.state;
    const encryption = () => [current()["serverSideEncryption"], current()["kmsKeyId"]];
    assert.deepEqual(encryption(), ["AES256", undefined]);
    for (const key of [KEYS[0], KEYS[1], undefined, KEYS[1]]) {
      kmsKeyArn = key;
      await deploy("first");
      assert.deepEqual(encryption(), key === undefined ? ["AES256", undefined] : ["aws:kms", key]);
      assert.equal(await boot(1), "first", "the replacement has the same name, and nothing deletes it");
      assert.equal((await stack.up()).changed, 0);
    }
  });

  it("are deleted with the bucket [A16.3]", async () => {
    await stack.destroy();
    assert.deepEqual(rig.store.all(), []);
  });
});
