import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "../../../components";
import { deployAndDestroy } from "../../package/deployment";
import { temporary } from "../../package/installed-package";
import { poolArgs } from "../../components/actions-runner-pool/pool-args";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const numbered = (name: string, count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}${n}`, "x"]));

function project(defaultTags: Record<string, string>): Record<string, string> {
  const tags = Object.entries(defaultTags).map(([key, value]) => `      ${key}: "${value}"\n`);
  const config = `config:\n  aws:region: eu-west-1\n  aws:defaultTags:\n    tags:\n${tags.join("")}`;
  return { "Pulumi.yaml": "name: tiny\nruntime: nodejs\n", "Pulumi.dev.yaml": config, "Pulumi.test.yaml": config };
}

describe("the provider's default tags on the real engine", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);

  it("never reach the host bundle: a pool with eight tags and twelve default tags deploys, and once more without a change", async () => {
    const dir = temporary("ci-runners-default-tags-");
    for (const [file, content] of Object.entries(project(numbered("default", 12)))) writeFileSync(join(dir, file), content);
    const args = poolArgs({ poolName: "pool", tags: numbered("mine", 8), subnetIds: ["subnet-0a1b2c3d4e5f60001"] });
    const program = async () => void new ActionsRunnerPool("runners", args);
    await deployAndDestroy(dir, { program }, ({ of }) => {
      assert.deepEqual(of(OBJECT, 1)[0]!.outputs.tagsAll, {});
      assert.equal(Object.keys(of("aws:s3/bucket:Bucket", 1)[0]!.outputs.tagsAll).length, 12 + 8 + 3);
    });
  });

  describe("reach an object", () => {
    let rig: Rig;
    beforeEach(() => {
      rig = new Rig();
      rig.writeProject(project(numbered("default", 11)));
    });
    afterEach(() => rig.close());

    const object = (args: Partial<aws.s3.BucketObjectv2Args>, opts: pulumi.CustomResourceOptions = {}) =>
      rig.open({
        program: async () => {
          const bucket = new aws.s3.Bucket("bucket", { bucket: "bundles", forceDestroy: true });
          new aws.s3.BucketObjectv2("object", { bucket: bucket.bucket, key: "x", content: "x", ...args }, opts);
        },
      });

    it("that does not override them, and 11 are refused half-way, after a preview that passes", async () => {
      const stack = await object({});
      await stack.preview();
      await assert.rejects(stack.up(), /BadRequest: Object tags cannot be greater than 10/);
      assert.equal(rig.store.list("aws:s3/bucket:Bucket").length, 1);
    });

    it("that overrides them but does not ignore changes of tagsAll, at the second deployment", async () => {
      const stack = await object({ overrideProvider: { defaultTags: { tags: {} } } });
      await stack.up();
      await assert.rejects(stack.up(), /updating object: BadRequest: Object tags cannot be greater than 10/);
    });
  });
});
