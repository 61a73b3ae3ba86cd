import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type AnalyzeResult, Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";

const ROOT = resolve(__dirname, "../..");

describe("the component in other languages", function () {
  // The analyzer reads the types of all of Pulumi's AWS package first: 8 s on an idle machine, and minutes beside the boots of
  // the other lanes' machines.
  this.timeout(1_800_000);
  let result: AnalyzeResult;

  before(() => {
    const folder = mkdtempSync(join(tmpdir(), "ci-runners-analyzer-"));
    try {
      result = analyzed(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  /**
   * Analyzes the library alone. The whole project, with the tests' clients of AWS and GitHub, takes twice as long; the schema
   * is made from that, and test/package/schema.test.ts compares it with the committed one.
   */
  function analyzed(folder: string): AnalyzeResult {
    const main = join(ROOT, "components/index.ts");
    const typeRoots = [join(ROOT, "node_modules/@types")];
    const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions: { typeRoots }, include: [], files: [main] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const manifest = { ...JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")), exports: undefined, main };
    return new Analyzer(folder, manifest.name, manifest, new Set(["ActionsRunnerPool", "PersistentRunner", "WorkflowJobs"])).analyze();
  }

  it("is accepted by Pulumi's analyzer, with every argument described", () => {
    assert.ok(Object.keys(result.components.ActionsRunnerPool!.inputs).length > 25);
    assert.ok(Object.keys(result.components.WorkflowJobs!.inputs).length > 8);
    assert.ok(Object.keys(result.components.PersistentRunner!.inputs).length > 40);
    for (const { inputs } of Object.values(result.components)) {
      for (const [name, input] of Object.entries(inputs)) assert.ok(input.description, name);
    }
    for (const type of Object.values(result.typeDefinitions)) {
      for (const [name, property] of Object.entries(type.properties ?? {})) assert.ok(property.description, `${type.name}.${name}`);
    }
  });

  it("takes plain values for arguments that shape the pool and inputs for those that are passed through", () => {
    const { inputs } = result.components.ActionsRunnerPool!;
    for (const name of ["poolName", "labels", "instanceType", "minSize", "maxSize", "warmPool", "drain", "spot", "demand"]) {
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
    const jobs = result.components.WorkflowJobs!.inputs;
    for (const name of ["workflowJobsName", "webhook", "ours", "github"]) assert.equal(jobs[name]!.plain, true, name);
    for (const name of ["kmsKeyArn", "tags"]) assert.notEqual(jobs[name]!.plain, true, name);
    const machine = result.components.PersistentRunner!.inputs;
    for (const name of ["subjects", "instanceType", "cacheVolume", "actions", "maxSession"]) assert.equal(machine[name]!.plain, true, name);
    for (const name of ["subnetId", "oidcProviderArn", "imageId", "tags"]) assert.notEqual(machine[name]!.plain, true, name);
    assert.deepEqual(
      Object.keys(machine)
        .filter((name) => !machine[name]!.optional)
        .sort(),
      ["actions", "github", "instanceType", "subjects", "subnetId"],
    );
    const source = result.typeDefinitions.DemandSourceArgs!.properties!;
    for (const name of ["workflowJobsName", "tableArn", "kmsKeyArn"])
      assert.notEqual(source[name]!.plain, true, `an output must fit ${name}`);
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
    assert.deepEqual(
      result.typeDefinitions.WebhookScope!.enum!.map(({ value }) => value),
      ["app", "organization", "repository", "manual"],
    );
    assert.deepEqual(
      result.typeDefinitions.RegistrationMode!.enum!.map(({ value }) => value),
      ["jit", "service"],
    );
    assert.deepEqual(
      result.typeDefinitions.ControlMode!.enum!.map(({ value }) => value),
      ["function", "direct"],
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
      "scaleFunctionName",
      "securityGroupIds",
      "sweepFunctionName",
      "terminateHookName",
      "webhookSecretArn",
      "webhookUrl",
      "workflowJobsName",
    ]);
    assert.deepEqual(Object.keys(result.components.WorkflowJobs!.outputs).sort(), [
      "deadLetterQueueUrl",
      "kmsKeyArn",
      "reconcileFunctionName",
      "setupFunctionName",
      "tableArn",
      "tableName",
      "webhookFunctionName",
      "webhookSecretArn",
      "webhookUrl",
      "workflowJobsName",
    ]);
    assert.deepEqual(Object.keys(result.components.PersistentRunner!.outputs).sort(), [
      "cacheVolumeId",
      "concurrencyGroup",
      "controlFunctionName",
      "deadLetterQueueUrl",
      "hostRoleArn",
      "hostRoleName",
      "instanceId",
      "label",
      "leaseTableName",
      "persistentRunnerName",
      "reapFunctionName",
      "region",
      "roleArn",
      "setupScriptSha",
      "workflowYaml",
    ]);
    const optional = Object.entries(result.components.ActionsRunnerPool!.outputs).filter(([, { optional }]) => optional);
    assert.deepEqual(optional.map(([name]) => name).sort(), ["scaleFunctionName", "webhookSecretArn", "webhookUrl", "workflowJobsName"]);
  });
});
