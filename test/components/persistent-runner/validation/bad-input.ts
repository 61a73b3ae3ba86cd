import assert from "node:assert/strict";
import { PersistentRunner, type PersistentRunnerArgs } from "../../../../components";
import { Deployment, failure } from "../../mocks";
import { machineArgs } from "../machine-args";

export interface BadInput {
  danger: string;
  /** Also of values that a program in JavaScript, or a stack's configuration, may hold. */
  changes: Partial<Record<keyof PersistentRunnerArgs, unknown>>;
  name?: string;
  /** Argument that the error must name. */
  field: string;
  /** Value as the user wrote it. */
  value: string;
  /** Remedy that the error must name. */
  remedy: RegExp;
}

/** Can be detected from the arguments alone: not even the component is registered. */
export function rejects(inputs: BadInput[]): void {
  describe("a persistent runner rejects invalid input before anything is created, by field, value and remedy:", () => {
    for (const { danger, changes, name, field, value, remedy } of inputs) {
      it(danger, async () => {
        const deployment = await Deployment.start();
        const error = await failure(() => new PersistentRunner(name ?? "machine", machineArgs(changes as Partial<PersistentRunnerArgs>)));
        assert.equal((error as { propertyPath?: string }).propertyPath, field, error.message);
        assert.ok(error.message.startsWith(field), error.message);
        assert.ok(error.message.includes(value), `names the value ${value}: ${error.message}`);
        assert.match(error.message, remedy);
        assert.deepEqual([deployment.registered, deployment.calls], [[], []]);
      });
    }
  });
}

/** Needs a look-up in AWS: nothing of the component is created all the same. */
export function rejectsAfterLookup(inputs: BadInput[]): void {
  describe("a persistent runner rejects what only AWS knows to be wrong, and creates nothing:", () => {
    for (const { danger, changes, field, value, remedy } of inputs) {
      it(danger, async () => {
        const deployment = await Deployment.start();
        const error = await failure(() => new PersistentRunner("machine", machineArgs(changes as Partial<PersistentRunnerArgs>)));
        assert.ok(error.message.startsWith(field), error.message);
        assert.ok(error.message.includes(value), `names the value ${value}: ${error.message}`);
        assert.match(error.message, remedy);
        assert.deepEqual(deployment.children, []);
      });
    }
  });
}
