import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import type { PolicyDocument } from "../../../components/shared/policy";
import { Deployment } from "../mocks";
import { poolArgs } from "./pool-args";
import before from "./release-0.2.0.json";

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}

/**
 * A host that terminates out of the warm pool is completed from outside only if it is off. One that is on may have a job: it was
 * on its way back, or the warm pool is deleted. No setting says which pool has such a host, because an update that removes the
 * warm pool or its reuse changes the policies before or after it terminates those instances.
 */
const READ_POWER_STATES = ["RolePolicy runners-deregister", "RolePolicy runners-sweep"];

const identities = (deployment: Deployment) => deployment.children.map(({ type, name }) => `${type} ${name}`).sort();

function policies(deployment: Deployment): Record<string, Record<string, string[]>> {
  const documents = deployment.children.filter(({ type }) => /:(RolePolicy|QueuePolicy)$/.test(type));
  return Object.fromEntries(
    documents.map(({ type, name, inputs }) => {
      const { Statement }: PolicyDocument = JSON.parse(inputs.policy);
      return [`${type.split(":").at(-1)} ${name}`, Object.fromEntries(Statement.map(({ Sid, Action }) => [Sid, Action]))];
    }),
  );
}

describe("a pool without demand", () => {
  it("is resource for resource what it was before there was demand", async () => {
    assert.deepEqual(identities(await deploy()), before.resources);
  });

  it("has each permission that it had, and no new one but for a read that is not the scaler's", async () => {
    const expected: Record<string, Record<string, string[]>> = structuredClone(before.policies);
    for (const name of READ_POWER_STATES) expected[name]!.ReadPowerStates = ["ec2:DescribeInstances"];
    assert.deepEqual(policies(await deploy()), expected);
  });

  it("has functions with the same variables, which a new one would restart", async () => {
    const functions = (await deploy()).of("aws:lambda/function:Function");
    const variables = functions.map(({ name, inputs }) => [name, Object.keys(inputs.environment.variables).sort()]);
    assert.deepEqual(Object.fromEntries(variables), before.variables);
  });

  it("keeps all of that when demand is added, but for the rules whose dead letters its queue receives, and the zones' balance", async () => {
    const source = { workflowJobsName: "queue", tableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/queue" };
    const [without, withDemand] = [await deploy(), await deploy({ demand: { source } })];
    for (const { type, name, inputs } of without.children) {
      const own = comparable(inputs);
      const { suspendedProcesses: _, ...now } = comparable(withDemand.named(type, name).inputs);
      if (type === "aws:sqs/queuePolicy:QueuePolicy") assert.notDeepEqual(now, own);
      else assert.deepEqual(now, own, `${type} ${name}`);
    }
  });
});

/** Assets contain a promise each, and no two promises are equal once anything in the process has switched async hooks on. */
function comparable({ code: _, source: __, ...inputs }: Record<string, any>): Record<string, any> {
  return inputs;
}
