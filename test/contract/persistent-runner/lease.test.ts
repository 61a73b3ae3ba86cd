import assert from "node:assert/strict";
import { bootFailure } from "../../../contract/persistent-runner/lease";

describe("what a machine says of a boot that took no job", () => {
  it("is of the lease's own generation only: an earlier boot's reason would end a start that has just begun", () => {
    const failure = "12: the setup script failed";
    assert.deepEqual(bootFailure({ generation: 12, failure }), { reason: "the setup script failed", refused: false });
    for (const generation of [1, 2, 11, 13, 121]) assert.equal(bootFailure({ generation, failure }), undefined);
    assert.equal(bootFailure({ generation: 12 }), undefined);
  });

  it("is its first line, and no longer than a line of a job's log may be: it comes from a machine on which jobs have run", () => {
    assert.equal(bootFailure({ generation: 1, failure: `1: ${"x".repeat(999)}` })?.reason.length, 300);
    assert.equal(bootFailure({ generation: 1, failure: "1: one\n::error::two" })?.reason, "one");
  });

  it("is a refusal if its disk is full, which another start does not change", () => {
    assert.equal(bootFailure({ generation: 7, failure: "7: disk: / 86 % used" })?.refused, true);
    assert.equal(bootFailure({ generation: 7, failure: "7: a disk: x" })?.refused, false);
  });
});
