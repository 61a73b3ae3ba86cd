import assert from "node:assert/strict";
import { sweepTrigger } from "../../../../functions/actions-runner-pool/sweep/trigger";
import { POOL } from "../../support/events";

describe("sweepTrigger", () => {
  const lifecycle = (action: unknown, pool = POOL) => ({ pool, tf: { action, prev_input: null } });

  it("returns the schedule for every event without the provider's key", () => {
    for (const event of [{ source: "aws.events" }, {}, null, undefined, "x"])
      assert.deepEqual(sweepTrigger(event, POOL), { kind: "schedule" });
  });

  it("takes the question of an operator, who sends no provider's key, for a question and not for a deletion", () => {
    assert.deepEqual(sweepTrigger({ pool: POOL, check: "destroy" }, POOL), { kind: "destroy-plan" });
    assert.deepEqual(sweepTrigger({ check: "other" }, POOL), { kind: "schedule" });
  });

  it("returns the final sweep only for the deletion of the invocation", () => {
    assert.deepEqual(sweepTrigger(lifecycle("delete"), POOL), { kind: "final" });
    for (const action of ["create", "update"]) assert.equal(sweepTrigger(lifecycle(action), POOL).kind, "nothing");
  });

  it("returns the check, and never the final sweep, for the deletion of the invocation that precedes the group's", () => {
    const checked = (action: string, check: unknown = "destroy") => sweepTrigger({ ...lifecycle(action), check }, POOL).kind;
    assert.equal(checked("delete"), "destroy-check");
    for (const action of ["create", "update"]) assert.equal(checked(action), "nothing");
    for (const check of ["final", null, 1]) assert.equal(checked("delete", check), "nothing");
  });

  it("returns the cancellation before an update of the group, and never the final sweep when that invocation is deleted", () => {
    const task = (action: string, what: unknown = "cancel-refresh") => sweepTrigger({ ...lifecycle(action), task: what }, POOL).kind;
    for (const action of ["create", "update"]) assert.equal(task(action), "cancel-refresh");
    assert.equal(task("delete"), "nothing");
    for (const what of ["final", null, 1]) for (const action of ["update", "delete"]) assert.equal(task(action, what), "nothing");
  });

  it("returns the sweep of host bundles after an update of the group, with the bundle before it, and nothing for a malformed one", () => {
    const input = { pool: POOL, task: "sweep-bundles", bucket: "b", deployed: "new" };
    const event = (action: string, prev_input: unknown = null, changes = {}) => ({ ...input, ...changes, tf: { action, prev_input } });
    const expected = { kind: "sweep-bundles", bucket: "b", deployed: "new" };
    assert.deepEqual(sweepTrigger(event("create"), POOL), expected);
    assert.deepEqual(sweepTrigger(event("update", { ...input, deployed: "old" }), POOL), { ...expected, previous: "old" });
    // A script that came, changed and went: a rollback boots with the one before.
    assert.deepEqual(sweepTrigger(event("update", input, { setup: "s1" }), POOL), {
      ...expected,
      previous: "new",
      setup: { deployed: "s1" },
    });
    const changed = sweepTrigger(event("update", { ...input, setup: "s1" }, { setup: "s2" }), POOL);
    assert.deepEqual(changed, { ...expected, previous: "new", setup: { deployed: "s2", previous: "s1" } });
    const gone = sweepTrigger(event("update", { ...input, setup: "s2" }), POOL);
    assert.deepEqual(gone, { ...expected, previous: "new", setup: { previous: "s2" } });
    for (const changes of [{ bucket: undefined }, { deployed: 1 }]) {
      assert.equal(sweepTrigger(event("update", null, changes), POOL).kind, "nothing");
    }
    assert.equal(sweepTrigger(event("delete"), POOL).kind, "nothing");
  });

  it("returns the readiness check of a new pool, and never a sweep, for the lookup of a deployment", () => {
    assert.deepEqual(sweepTrigger({ pool: POOL, check: "readiness" }, POOL), { kind: "readiness" });
    assert.equal(sweepTrigger({ pool: "other", check: "readiness" }, POOL).kind, "nothing");
    assert.equal(sweepTrigger({ ...lifecycle("delete"), check: "readiness" }, POOL).kind, "nothing");
  });

  it("returns nothing for an unknown action or another pool: such an invocation must neither sweep nor fail", () => {
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
