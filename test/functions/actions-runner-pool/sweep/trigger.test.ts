import assert from "node:assert/strict";
import { sweepTrigger } from "../../../../functions/actions-runner-pool/sweep/trigger";
import { POOL } from "../../support/events";

describe("the sweep function's triggers", () => {
  const lifecycle = (action: unknown, pool = POOL) => ({ pool, tf: { action, prev_input: null } });

  it("are the schedule for all that does not bear the provider's mark", () => {
    for (const event of [{ source: "aws.events" }, {}, null, undefined, "x"])
      assert.deepEqual(sweepTrigger(event, POOL), { kind: "schedule" });
  });

  it("are the last one for the deletion alone", () => {
    assert.deepEqual(sweepTrigger(lifecycle("delete"), POOL), { kind: "final" });
    for (const action of ["create", "update"]) assert.equal(sweepTrigger(lifecycle(action), POOL).kind, "nothing");
  });

  it("are none for an action that nobody knows or another pool: such an invocation must neither sweep nor fail", () => {
    for (const event of [
      lifecycle("replace"),
      lifecycle(undefined),
      { pool: POOL, tf: null },
      lifecycle("delete", "other"),
      { tf: { action: "delete" } },
    ]) {
      assert.equal(sweepTrigger(event, POOL).kind, "nothing");
    }
  });
});
