import assert from "node:assert/strict";
import { ActionsRunnerPool } from "../../../../components";
import { Deployment, failure } from "../../mocks";
import { poolArgs } from "../pool-args";
import { TITLE } from "./bad-input";

describe(TITLE, () => {
  it("several violations at once, so that the user can correct them all together", async () => {
    const deployment = await Deployment.start();
    const error = await failure(() => new ActionsRunnerPool("runners", poolArgs({ minSize: 9, labels: ["a b"], launchTimeout: 1 })));
    const errors = (error as Error & { errors: { propertyPath: string }[] }).errors;
    assert.deepEqual(errors.map(({ propertyPath }) => propertyPath).sort(), ["labels", "launchTimeout", "minSize"]);
    for (const field of ["labels", "launchTimeout", "minSize"]) assert.ok(error.message.includes(field));
    assert.deepEqual(deployment.registered, []);
  });
});
