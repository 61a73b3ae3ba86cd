import assert from "node:assert/strict";
import fc from "fast-check";
import type { PoolRegistration } from "../../../../contract/workflow-jobs/ledger";
import { matches, placementOf, servingPool } from "../../../../functions/workflow-jobs/shared/matching";

const pool = (name: string, labels: string[], fields: Partial<PoolRegistration> = {}): PoolRegistration => ({
  pool: name,
  labels: ["self-hosted", "linux", ...labels],
  priority: 0,
  ...fields,
});
const job = (...labels: string[]) => ({ labels, repository: "octo-org/app" });
const chosen = (labels: string[], pools: PoolRegistration[]) => servingPool(job(...labels), pools)?.pool;

describe("the pool that serves a job", () => {
  it("has all its labels", () => {
    const pools = [pool("plain", []), pool("gpu", ["gpu"])];
    assert.equal(chosen(["self-hosted", "gpu"], pools), "gpu");
    assert.equal(chosen(["self-hosted", "arm64"], pools), undefined);
    assert.equal(chosen([], pools), undefined, "a job without labels would match every pool");
  });

  it("has the fewest labels to spare, or plain jobs would fill the special machines", () => {
    const pools = [pool("gpu", ["gpu", "large"], { priority: 9 }), pool("plain", []), pool("large", ["large"])];
    assert.equal(chosen(["self-hosted"], pools), "plain");
    assert.equal(chosen(["large"], pools), "large");
  });

  it("has the higher priority of several that fit alike, then the first name", () => {
    assert.equal(chosen(["linux"], [pool("a", ["x"]), pool("b", ["y"], { priority: 1 })]), "b");
    assert.equal(chosen(["linux"], [pool("b", ["x"]), pool("a", ["y"])]), "a");
  });

  it("serves other repositories too, unless it is registered for one", () => {
    const pools = [pool("own", [], { repository: "Octo-Org/App" }), pool("other", [], { repository: "octo-org/tool" })];
    assert.equal(chosen(["linux"], pools), "own");
    assert.equal(servingPool({ labels: ["linux"], repository: "octo-org/third" }, pools), undefined);
  });

  it("is the same in whatever order the pools were read, or two processes would disagree", () => {
    const label = fc.constantFrom("a", "b", "c");
    const pools = fc.uniqueArray(
      fc.record({ name: fc.constantFrom("p", "q", "r", "s"), labels: fc.uniqueArray(label), priority: fc.nat(2) }),
      {
        selector: ({ name }) => name,
      },
    );
    fc.assert(
      fc.property(pools, fc.uniqueArray(label, { minLength: 1 }), (list, labels) => {
        const all = list.map(({ name, labels: own, priority }) => pool(name, own, { priority }));
        assert.equal(chosen(labels, all), chosen(labels, [...all].reverse()));
      }),
    );
  });
});

describe("a job that no pool serves", () => {
  it("is ours by the label self-hosted or a pattern, and else another's", () => {
    assert.equal(placementOf(job("self-hosted", "gpu"), [], []), "unserved");
    assert.equal(placementOf(job("gpu-a100"), [], ["gpu-*"]), "unserved");
    assert.equal(placementOf(job("ubuntu-latest"), [], ["gpu-*"]), "foreign");
    assert.deepEqual(placementOf(job("linux"), [pool("p", [])], []), { pool: "p" });
  });
});

describe("a pattern of labels", () => {
  it("knows only `*`, without regard to case", () => {
    for (const [label, pattern] of [
      ["GPU-a100", "gpu-*"],
      ["a-large-b", "*large*"],
      ["anything", "*"],
      ["", "*"],
      ["x.y", "x.y"],
      ["abab", "ab*ab"],
      ["a-b-c", "a*b*c"],
    ] as const) {
      assert.ok(matches(label, pattern), `${label} ${pattern}`);
    }
    for (const [label, pattern] of [
      ["gpu", "gpu-*"],
      ["xgpu-1", "gpu-*"],
      ["xay", "x.y"],
      ["aba", "ab*ba"],
      ["abb", "a*b*b*b"],
      ["a", ""],
    ] as const) {
      assert.ok(!matches(label, pattern), `${label} ${pattern}`);
    }
  });

  it("agrees with a regular expression", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    fc.assert(
      fc.property(text, pattern, (label, glob) => {
        assert.equal(matches(label, glob), new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(label));
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes no time that a label's author could choose", () => {
    assert.ok(!matches(`${"a".repeat(50_000)}`, `${"a*".repeat(30)}b`));
  });
});
