import assert from "node:assert/strict";
import { DEMAND_EVENT } from "../../../../contract/workflow-jobs/demand-event";
import { scaleTrigger } from "../../../../functions/actions-runner-pool/scale/trigger";

const kind = (event: unknown) => scaleTrigger(event, "ci").kind;
const demand = (detail: unknown, more = {}) => ({ source: DEMAND_EVENT.source, "detail-type": DEMAND_EVENT.detailType, detail, ...more });
const registration = (action: unknown, more = {}) => ({
  pool: "ci",
  task: "register-pool",
  registration: { labels: ["one"], priority: 0 },
  tf: { action, prev_input: null },
  ...more,
});

describe("the scaler's trigger", () => {
  it("is the schedule's event, or an operator's without content", () => {
    assert.equal(kind({ source: "aws.events", "detail-type": "Scheduled Event", detail: {} }), "schedule");
    assert.equal(kind({}), "schedule");
  });

  it("is a change of the demand for this pool, and not one for another pool or of another kind", () => {
    assert.equal(kind(demand({ workflowJobs: "jobs", pool: "ci" })), "demand");
    assert.equal(kind(demand({ workflowJobs: "jobs", pool: "ci-2" })), "nothing");
    assert.equal(kind(demand({ pool: "ci" }, { "detail-type": "Demand Forecast" })), "nothing");
    assert.equal(kind(demand({ pool: "ci" }, { source: "aws.autoscaling" })), "nothing");
  });

  it("registers and removes the pool as the stack asks, and ignores what it does not know", () => {
    assert.deepEqual(scaleTrigger(registration("create"), "ci"), { kind: "register", registration: { labels: ["one"], priority: 0 } });
    assert.equal(kind(registration("update")), "register");
    assert.equal(kind(registration("delete")), "unregister");
    for (const action of ["read", undefined, 1]) assert.equal(kind(registration(action)), "nothing");
    assert.equal(kind(registration("delete", { pool: "ci-2" })), "nothing", "another pool's registration");
    assert.equal(kind(registration("delete", { task: "own-webhook" })), "nothing");
    assert.equal(kind(registration("create", { tf: null })), "nothing", "an event with the provider's key is never a pass");
  });

  it("is never an exception, whatever arrives", () => {
    for (const event of [undefined, null, 7, "text", [], demand(undefined), demand([]), demand({}), demand({ pool: 7 })]) {
      assert.equal(kind(event), "malformed", JSON.stringify(event));
    }
  });
});
