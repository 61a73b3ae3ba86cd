import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type AnalyzeResult, Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";

const ROOT = resolve(__dirname, "../..");

describe("the component in other languages", function () {
  // The analyzer type-checks the whole project first: 15 s on an idle machine, and seven minutes were seen beside the boots
  // of the other lanes' machines.
  this.timeout(1_800_000);
  let result: AnalyzeResult;

  before(() => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    result = new Analyzer(ROOT, manifest.name, manifest, new Set(["ActionsRunnerPool"])).analyze();
  });

  it("is accepted by Pulumi's analyzer, with every argument described", () => {
    const { inputs } = result.components.ActionsRunnerPool!;
    assert.ok(Object.keys(inputs).length > 25);
    for (const [name, input] of Object.entries(inputs)) assert.ok(input.description, name);
    for (const type of Object.values(result.typeDefinitions)) {
      for (const [name, property] of Object.entries(type.properties ?? {})) assert.ok(property.description, `${type.name}.${name}`);
    }
  });

  it("takes plain values for arguments that shape the pool and inputs for those that are passed through", () => {
    const { inputs } = result.components.ActionsRunnerPool!;
    for (const name of ["poolName", "labels", "instanceType", "minSize", "maxSize", "warmPool", "drain", "spot"]) {
      assert.equal(inputs[name]!.plain, true, name);
    }
    for (const name of ["subnetIds", "securityGroupIds", "imageId", "tags", "alarmTopicArn", "permissionsBoundaryArn"]) {
      assert.notEqual(inputs[name]!.plain, true, name);
    }
    assert.deepEqual(
      Object.keys(inputs)
        .filter((name) => !inputs[name]!.optional)
        .sort(),
      ["github", "instanceType", "maxSize", "subnetIds"],
    );
  });

  it("offers choices as enumerations", () => {
    assert.deepEqual(
      result.typeDefinitions.WarmPoolState!.enum!.map(({ value }) => value),
      ["Stopped", "Hibernated", "Running"],
    );
    assert.deepEqual(
      result.typeDefinitions.ProtectedInstances!.enum!.map(({ value }) => value),
      ["Wait", "Refresh", "Ignore"],
    );
  });

  it("has every output that a TypeScript program has", () => {
    assert.deepEqual(Object.keys(result.components.ActionsRunnerPool!.outputs).sort(), [
      "deadLetterQueueUrl",
      "deregisterFunctionName",
      "groupArn",
      "groupName",
      "hostBundleSha256",
      "hostRoleArn",
      "hostRoleName",
      "imageId",
      "launchHookName",
      "launchTemplateId",
      "poolName",
      "registerFunctionName",
      "securityGroupIds",
      "sweepFunctionName",
      "terminateHookName",
    ]);
  });
});
