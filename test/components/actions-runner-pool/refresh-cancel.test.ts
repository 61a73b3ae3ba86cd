import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { Deployment } from "../mocks";
import { poolArgs } from "./pool-args";

const GROUP = "aws:autoscaling/group:Group";
const INVOCATION = "aws:lambda/invocation:Invocation";
const SPOT = { spot: { additionalInstanceTypes: ["m6a.large", "m6i.large"] } };

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}) {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  const { inputs } = deployment.named(INVOCATION, "runners-refresh-cancel");
  return { inputs, input: JSON.parse(inputs.input), group: deployment.only(GROUP).inputs };
}

describe("the cancellation of a running instance refresh", () => {
  // The provider starts a refresh when one of these two properties of the group changes, and only then.
  for (const [kind, changes] of [
    ["launch template", {}],
    ["mixed instances policy", SPOT],
  ] as const) {
    it(`is invoked for each change of the group's ${kind}, or the deployment could wait for drains and fail`, async () => {
      const { input, group } = await deploy(changes);
      assert.deepEqual(
        [input.template.launchTemplate, input.template.mixedInstancesPolicy],
        [group.launchTemplate, group.mixedInstancesPolicy],
      );
      assert.equal(input.task, "cancel-refresh");
      assert.ok(JSON.stringify(input.template).includes('"version":"1"'), "the template's number");
    });
  }

  it("is invoked for no other change, which would cancel a refresh that nothing starts again", async () => {
    const { inputs } = await deploy();
    for (const changes of [{ maxSize: 9 }, { instanceRefresh: { minHealthyPercentage: 50 } }, { drain: { maxDrain: 3600 } }]) {
      assert.deepEqual((await deploy(changes)).inputs, inputs);
    }
  });

  it("updates in place: a replacement would invoke it with the deletion after the group's update", async () => {
    const { inputs } = await deploy();
    assert.equal(inputs.lifecycleScope, "CRUD");
    assert.equal(inputs.triggers, undefined);
  });
});
