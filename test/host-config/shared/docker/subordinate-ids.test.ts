import assert from "node:assert/strict";
import { freeRange, rangesOf } from "../../../../host-config/shared/docker/subordinate-ids";

describe("the subordinate ids of the job's user", () => {
  it("are all of its ranges, by its name or its uid, or a container's user would pass the metadata fence", () => {
    const text = "admin:100000:65536\nrunner:165536:65536\nrunner2:900000:65536\n1001:400000:10\nrunner:300000:5\n";
    assert.deepEqual(rangesOf("runner", 1001, text), [
      { first: 165_536, count: 65_536 },
      { first: 400_000, count: 10 },
      { first: 300_000, count: 5 },
    ]);
    assert.deepEqual(rangesOf("nobody", 65_534, text), []);
    assert.deepEqual(rangesOf("runner", 1001, ""), []);
  });

  it("are not taken from lines that no program understands", () => {
    assert.deepEqual(rangesOf("runner", 1001, "runner\nrunner:x:65536\nrunner:100000\nrunner:100000:0\n# runner:1:2\n"), []);
  });

  it("are given above everyone else's, of both files, because two users' containers must not be one to the kernel", () => {
    assert.deepEqual(freeRange("", ""), { first: 100_000, count: 65_536 });
    assert.deepEqual(freeRange("admin:100000:65536\n", "admin:100000:65536\nother:500000:1\n"), { first: 500_001, count: 65_536 });
    assert.deepEqual(freeRange("low:1000:10\n"), { first: 100_000, count: 65_536 });
  });

  it("are not given where the ids are used up", () => {
    assert.equal(freeRange(`all:100000:${2 ** 32 - 2 - 100_000}\n`), undefined);
    assert.deepEqual(freeRange(`all:100000:${2 ** 32 - 1 - 65_536 - 100_000}\n`), { first: 2 ** 32 - 1 - 65_536, count: 65_536 });
  });
});
