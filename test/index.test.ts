import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULTS, DEFAULTS_IF_GIVEN } from "../components/actions-runner-pool/defaults";
import { freshProgram } from "../rehearsal/engine/program";
import { readStackConfig } from "../stack-config";
import { defaultsByPath } from "./components/defaults-by-path";
import { Deployment } from "./components/mocks";
import { configOf, configure, project, ROOT, run, STACKS } from "./support/run-stack";

/** The defaults of the program itself. */
const OWN = new Set(["release", "instanceType", "vpcCidrBlock"]);
/** Flags that are read as not set unless they are true, because it counts whether the argument was given. */
const ONLY_TRUE = new Set(["jobsMayUseDocker"]);
/** Keys whose name differs from the argument's. */
const ARGUMENT: Record<string, string> = { githubApiUrl: "github.apiUrl", runnerUser: "runner.user", runnerOnImage: "runner.onImage" };
const plain = defaultsByPath({ ...DEFAULTS, ...DEFAULTS_IF_GIVEN });
const isNotSet = (value: unknown) => value === "" || value === 0 || (typeof value === "object" && Object.keys(value!).length === 0);

const JS_TYPE: Record<string, (value: any) => boolean> = {
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

describe("the configuration schema", () => {
  it("describes every key and gives it a default of its type, or the key would be required in every stack", () => {
    for (const [key, schema] of Object.entries<any>(project.config)) {
      assert.ok(JS_TYPE[schema.type], `${key}: ${schema.type} is not a type that Pulumi supports`);
      assert.ok(schema.description?.endsWith("."), key);
      assert.ok(JS_TYPE[schema.type]!(schema.default), `${key}: default`);
      if (schema.type === "array") assert.ok(schema.items, key);
    }
  });

  it("documents exactly the component's default values", () => {
    const documented = Object.entries<any>(project.config).filter(
      ([key, schema]) => !OWN.has(key) && !ONLY_TRUE.has(key) && !isNotSet(schema.default),
    );
    assert.ok(documented.length > 10);
    for (const [key, schema] of documented) assert.deepEqual(schema.default, plain.get(ARGUMENT[key] ?? key), key);
  });

  it("documents the component's defaults for the fields of an object", () => {
    let found = 0;
    for (const [key, { type, description }] of Object.entries<any>(project.config)) {
      if (type !== "object") continue;
      for (const [, field, value] of description.matchAll(/(\w+) \((\w+)\)/g)) {
        const fallback = plain.get(`${key}.${field}`);
        // A default that is computed from another setting is described in words.
        if (typeof fallback !== "function") assert.equal(value, String(fallback), `${key}.${field}`);
        found++;
      }
    }
    assert.ok(found >= 9, `${found} defaults`);
  });

  it("defines every key that the program reads, and the program reads every key that it defines", () => {
    const files = readdirSync(join(ROOT, "stack-config")).map((file) => join(ROOT, "stack-config", file));
    const source = files.map((file) => readFileSync(file, "utf8")).join("\n");
    const keys = new Set([...source.matchAll(/read\.\w+(?:<\w+>)?\((?:[A-Z]+, )?"(\w+)"/g)].map(([, key]) => key!));
    assert.deepEqual([...keys].sort(), Object.keys(project.config).sort());
  });

  for (const stack of STACKS) {
    it(`defines every key of stack ${stack}, with a value of its type, or a misspelt key would be silently ignored`, () => {
      for (const [key, value] of Object.entries(configOf(stack))) {
        if (key === "aws:region") continue;
        const schema = project.config[key.replace(/^ci-runners:/, "")];
        assert.ok(schema, key);
        assert.ok(JS_TYPE[schema.type]!(value), `${key}: ${JSON.stringify(value)} is not of type ${schema.type}`);
      }
    });
  }

  it("rejects an unknown field of an object instead of ignoring it", async () => {
    await Deployment.start();
    configure("dev");
    pulumi.runtime.setConfig("ci-runners:drain", JSON.stringify({ maxDrian: 60 }));
    assert.throws(() => readStackConfig(), /maxDrian.*maxDrain, heartbeatTimeout/);
  });

  it("rejects a GitHub App without its private key", async () => {
    await Deployment.start();
    configure("dev");
    pulumi.runtime.setConfig("ci-runners:githubPrivateKeySecretArn", "");
    await assert.rejects(freshProgram(ROOT)(), /github\.app\.privateKeySecretArn = ""/);
  });
});

describe("the program", () => {
  it("creates no VPC for a configuration that the pool refuses", async () => {
    const deployment = await Deployment.start();
    configure("dev");
    pulumi.runtime.setConfig("ci-runners:maxSize", "-1");
    await assert.rejects(freshProgram(ROOT)(), /maxSize = -1/);
    await deployment.settled();
    assert.equal(deployment.of("awsx:ec2:Vpc").length, 0);
  });

  it("creates a VPC for dev, which sets no subnets, and puts the pool into its private subnets", async () => {
    const deployment = await run("dev");
    assert.equal(deployment.of("awsx:ec2:Vpc").length, 1);
    const group = deployment.only("aws:autoscaling/group:Group").inputs;
    assert.deepEqual(group.vpcZoneIdentifiers, ["subnet-0private1", "subnet-0private2"]);
    assert.deepEqual([group.minSize, group.desiredCapacity, group.maxSize], [1, 3, 6]);
    assert.equal(group.warmPool.poolState, "Stopped");
    assert.equal(deployment.only("aws:ec2/securityGroup:SecurityGroup").inputs.vpcId, "vpc-0mock");
  });

  it("uses Spot instances in sandbox, in the given subnets and without a warm pool", async () => {
    const deployment = await run("sandbox");
    assert.equal(deployment.of("awsx:ec2:Vpc").length, 0);
    const group = deployment.only("aws:autoscaling/group:Group").inputs;
    assert.deepEqual(group.vpcZoneIdentifiers, configOf("sandbox")["ci-runners:subnetIds"]);
    assert.equal(group.mixedInstancesPolicy.instancesDistribution.onDemandPercentageAboveBaseCapacity, 25);
    assert.equal(group.warmPool, undefined);
  });

  it("keeps hibernated arm64 spares for prod, with the runner on the organization's own image and the longest drain", async () => {
    const deployment = await run("prod");
    const group = deployment.only("aws:autoscaling/group:Group").inputs;
    assert.equal(group.warmPool.poolState, "Hibernated");
    assert.equal(group.initialLifecycleHooks[1].heartbeatTimeout, 1800);
    const template = deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
    assert.equal(template.instanceType, "m7g.xlarge");
    assert.deepEqual(template.hibernationOptions, { configured: true });
    for (const { inputs } of deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm")) assert.equal(inputs.alarmActions.length, 1);
  });

  it("deploys nothing for a stack without maxSize, and has no outputs except the release", async () => {
    const deployment = await Deployment.start({ stack: "dev" });
    configure("dev");
    pulumi.runtime.setConfig("ci-runners:maxSize", String(project.config.maxSize.default));
    const outputs = await freshProgram(ROOT)();
    await deployment.settled();
    assert.deepEqual(deployment.registered, []);
    assert.deepEqual(
      Object.keys(outputs).filter((name) => outputs[name] !== undefined),
      ["release"],
    );
  });

  it("exports the names that operators and scaling policies need", async () => {
    await Deployment.start({ stack: "sandbox" });
    configure("sandbox");
    const outputs = await freshProgram(ROOT)();
    await pulumi.runtime.disconnect();
    for (const name of [
      "poolName",
      "groupName",
      "launchHookName",
      "terminateHookName",
      "registerFunctionName",
      "deregisterFunctionName",
      "sweepFunctionName",
      "hostRoleArn",
      "hostBundleSha256",
    ]) {
      assert.ok(pulumi.Output.isInstance(outputs[name]), name);
    }
  });
});
