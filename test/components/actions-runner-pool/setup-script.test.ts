import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { sha256 } from "../../../components/shared/sha256";
import { setupKey } from "../../../contract/shared/host-bundle";
import { Deployment } from "../mocks";
import { poolArgs } from "./pool-args";

const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const SCRIPT = "#!/bin/bash\necho ready\n";

async function deploy(changes: Partial<ActionsRunnerPoolArgs>): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}

const script = (deployment: Deployment) => deployment.named(OBJECT, "runners-setup-script").inputs;
const bundle = (deployment: Deployment) => deployment.named(OBJECT, "runners-host-bundle").inputs;
const userData = (deployment: Deployment) =>
  Buffer.from(deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs.userData, "base64").toString();
const sweep = (deployment: Deployment) =>
  JSON.parse(deployment.named("aws:lambda/invocation:Invocation", "runners-bundle-sweep").inputs.input);

describe("the setup script of a pool", () => {
  it("is stored beside the host bundle, where an instance may read it, under the same encryption and without tags", async () => {
    for (const kmsKeyArn of [undefined, KEY]) {
      const deployment = await deploy({ setupScript: SCRIPT, kmsKeyArn });
      const { bucket, key, content, contentType: _, ...rest } = script(deployment);
      assert.deepEqual([bucket, key, content], [bundle(deployment).bucket, setupKey(sha256(SCRIPT)), SCRIPT]);
      const { bucket: _bucket, key: _key, source: _source, contentType: _type, ...ofBundle } = bundle(deployment);
      assert.deepEqual(rest, ofBundle);
    }
  });

  it("is in the launch template by its digest, so that a change of one byte refreshes the pool", async () => {
    const digest = sha256(SCRIPT);
    const text = userData(await deploy({ setupScript: SCRIPT }));
    assert.match(text, new RegExp(`^fetch 'https://[^']+/host-bundles/${digest}\\.setup' '${digest}' "\\$script"$`, "m"));
    assert.ok(!userData(await deploy({ setupScript: `${SCRIPT}\n` })).includes(digest));
    assert.ok(!text.includes("echo ready"), "the user data has room for no script");
  });

  it("is known to the sweep of what no template needs any more, and absent from it without one", async () => {
    assert.equal(sweep(await deploy({ setupScript: SCRIPT })).setup, setupKey(sha256(SCRIPT)));
    const without = await deploy({});
    assert.ok(!("setup" in sweep(without)));
    assert.deepEqual(
      without.of(OBJECT).map(({ name }) => name),
      ["runners-host-bundle"],
    );
  });
});
