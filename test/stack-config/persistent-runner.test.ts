import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { freshProgram } from "../../rehearsal/engine/program";
import { readStackConfig } from "../../stack-config";
import { Deployment } from "../components/mocks";
import { configure, ROOT } from "../support/run-stack";

const MACHINE = {
  persistentRunnerName: "e2e",
  instanceType: "m7i.large",
  subnetId: "subnet-0a1b2c3d4e5f60001",
  subjects: ["repo:example-org/app:ref:refs/heads/main"],
  oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
  actions: { repository: "example-org/ci-runners", ref: "0".repeat(40) },
};

async function run(values: Record<string, unknown>): Promise<{ deployment: Deployment; outputs: Record<string, any> }> {
  const deployment = await Deployment.start({ stack: "dev" });
  configure("dev");
  for (const [key, value] of Object.entries({ maxSize: 0, ...values }))
    pulumi.runtime.setConfig(`ci-runners:${key}`, JSON.stringify(value));
  const outputs = await freshProgram(ROOT)();
  await deployment.settled();
  return { deployment, outputs };
}

const value = (output: pulumi.Output<string>) => new Promise<string>((resolve) => output.apply(resolve));

describe("a stack's persistent runner", () => {
  it("is deployed beside no pool, with the account and the App of the stack, and gives the workflow as an output", async () => {
    const { deployment, outputs } = await run({ persistentRunner: MACHINE });
    assert.deepEqual(
      deployment.registered.filter(({ type }) => /^(ci-runners|awsx):/.test(type)).map(({ type, name }) => `${type} ${name}`),
      ["ci-runners:index:PersistentRunner runners-machine"],
    );
    const { variables } = deployment.named("aws:lambda/function:Function", "runners-machine-control").inputs.environment;
    assert.deepEqual([variables.GITHUB_ORGANIZATION, variables.GITHUB_APP_ID], ["example-org", "100001"]);
    assert.equal(await value(outputs.instanceId), "runners-machine-id");
    assert.match(await value(outputs.workflowYaml), /uses: example-org\/ci-runners\/actions\/persistent-runner\/start@0{40}/);
  });

  it("has the release of the stack as its tag, which the configuration cannot change", async () => {
    const { deployment } = await run({ persistentRunner: MACHINE });
    assert.equal(deployment.only("aws:ec2/instance:Instance").inputs.tags["ci-runners:release"], "main");
  });

  it("is in the first of the stack's subnets if it names none, and nowhere if there is none", async () => {
    const { subnetId: _, ...machine } = MACHINE;
    const { deployment } = await run({ persistentRunner: machine, subnetIds: ["subnet-0aa", "subnet-0bb"] });
    assert.equal(deployment.only("aws:ec2/instance:Instance").inputs.subnetId, "subnet-0aa");
    await assert.rejects(run({ persistentRunner: machine, subnetIds: [] }), /subnetId is missing: not the ID of a subnet/);
  });

  it("is none if the key is an empty object, which means not set", async () => {
    const { deployment, outputs } = await run({ persistentRunner: {} });
    assert.deepEqual(deployment.registered, []);
    assert.equal(outputs.workflowYaml, undefined);
  });

  for (const [path, changes, field] of [
    ["persistentRunner", { idleStop: 30 }, "idleStop"],
    ["persistentRunner.cacheVolume", { cacheVolume: { size: 100, mount: "/x" } }, "mount"],
    ["persistentRunner.actions", { actions: { repository: "o/r", commit: "0" } }, "commit"],
    ["persistentRunner.workflow", { workflow: { label: "e2e" } }, "label"],
  ] as const) {
    it(`is refused with a misspelt field of ${path}, which would otherwise be ignored`, async () => {
      await Deployment.start();
      configure("dev");
      pulumi.runtime.setConfig("ci-runners:persistentRunner", JSON.stringify({ ...MACHINE, ...changes }));
      assert.throws(() => readStackConfig(), {
        message: new RegExp(`^ci-runners:${path.replace(".", "\\.")} has an unknown field "${field}"; use one of `),
      });
    });
  }
});
