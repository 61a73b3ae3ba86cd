import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../../components";
import { Deployment, failure } from "../../mocks";
import { poolArgs } from "../pool-args";

export const TITLE = "invalid input is rejected before anything is created, with one error that names field, value and remedy:";

export interface BadInput {
  danger: string;
  changes: Partial<ActionsRunnerPoolArgs>;
  name?: string;
  /** Images that AWS knows besides the usual ones, by id. */
  images?: Deployment["images"];
  /** Argument that the error must name. */
  field: string;
  /** Value as the user wrote it. */
  value: string;
  /** Remedy that the error must name. */
  remedy: RegExp;
}

/** Can be detected from the arguments alone: not even the component is registered. */
export function rejects(inputs: BadInput[]): void {
  describe(TITLE, () => {
    for (const bad of inputs) {
      it(bad.danger, async () => {
        const deployment = await Deployment.start();
        const error = await failure(() => new ActionsRunnerPool(bad.name ?? "runners", poolArgs(bad.changes)));
        assertNamesAll(error, bad);
        assert.deepEqual(deployment.registered, []);
        assert.deepEqual(deployment.calls, []);
      });
    }
  });
}

/** Can be detected only with AWS's answers: the component may be registered, but no AWS resource. */
export function rejectsAfterLookups(inputs: BadInput[]): void {
  describe(TITLE, () => {
    for (const bad of inputs) {
      it(bad.danger, async () => {
        const deployment = await Deployment.start();
        deployment.images = bad.images ?? {};
        const error = await failure(() => new ActionsRunnerPool("runners", poolArgs(bad.changes)));
        assertNamesAll(error, bad);
        assert.deepEqual(deployment.children, []);
      });
    }
  });
}

function assertNamesAll(error: Error, { field, value, remedy }: BadInput): void {
  assert.equal((error as { propertyPath?: string }).propertyPath, field);
  assert.ok(error.message.startsWith(field), `names the field: ${error.message}`);
  assert.ok(error.message.includes(value), `names the value ${value}: ${error.message}`);
  assert.match(error.message, remedy);
}
