import assert from "node:assert/strict";
import { WorkflowJobs, type WorkflowJobsArgs } from "../../../../components";
import { Deployment, failure } from "../../mocks";
import { jobsArgs } from "../jobs-args";

export interface BadInput {
  danger: string;
  changes: Partial<WorkflowJobsArgs>;
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
  describe("a source of demand rejects invalid input before anything is created, by field, value and remedy:", () => {
    for (const { danger, changes, name, field, value, remedy } of inputs) {
      it(danger, async () => {
        const deployment = await Deployment.start();
        const error = await failure(() => new WorkflowJobs(name ?? "jobs", jobsArgs(changes)));
        assert.equal((error as { propertyPath?: string }).propertyPath, field);
        assert.ok(error.message.startsWith(field), error.message);
        assert.ok(error.message.includes(value), `names the value ${value}: ${error.message}`);
        assert.match(error.message, remedy);
        assert.deepEqual([deployment.registered, deployment.calls], [[], []]);
      });
    }
  });
}
