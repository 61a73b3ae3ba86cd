import assert from "node:assert/strict";
import type { Json } from "../../../../rehearsal/runner/steps/plan";
import { expandMatrix, suffixOf } from "../../../../rehearsal/github/workflows/matrix";

describe("a matrix of a workflow file", () => {
  it("has the combinations of GitHub's example of include, which changes no original value", () => {
    const matrix: Json = {
      fruit: ["apple", "pear"],
      animal: ["cat", "dog"],
      include: [
        { color: "green" },
        { color: "pink", animal: "cat" },
        { fruit: "apple", shape: "circle" },
        { fruit: "banana" },
        { fruit: "banana", animal: "cat" },
      ],
    };
    assert.deepEqual(expandMatrix(matrix), [
      { fruit: "apple", animal: "cat", color: "pink", shape: "circle" },
      { fruit: "apple", animal: "dog", color: "green", shape: "circle" },
      { fruit: "pear", animal: "cat", color: "pink" },
      { fruit: "pear", animal: "dog", color: "green" },
      { fruit: "banana" },
      { fruit: "banana", animal: "cat" },
    ]);
  });

  it("leaves out what exclude names, also by a part of the values", () => {
    const matrix: Json = {
      os: ["macos", "windows"],
      version: [12, 14, 16],
      environment: ["staging", "production"],
      exclude: [
        { os: "macos", version: 12, environment: "production" },
        { os: "windows", version: 16 },
      ],
    };
    const all = expandMatrix(matrix);
    assert.equal(all.length, 9);
    assert.ok(!all.some(({ os, version }) => os === "windows" && version === 16));
    assert.ok(!all.some(({ os, version, environment }) => os === "macos" && version === 12 && environment === "production"));
  });

  it("of include alone has one combination for each entry", () => {
    assert.deepEqual(expandMatrix({ include: [{ site: "production" }, { site: "staging" }] }), [
      { site: "production" },
      { site: "staging" },
    ]);
  });

  it("is refused without combinations, and with more than 256", () => {
    const many = Array.from({ length: 17 }, (_, index) => index);
    assert.throws(() => expandMatrix({ a: ["x"], exclude: [{ a: "x" }] }), /at least one vector/);
    assert.throws(() => expandMatrix({ a: [] }), /'a' does not contain any values/);
    assert.throws(() => expandMatrix({ a: many, b: many }), /289 combinations/);
  });

  it("gives its jobs names with all values, those of objects too", () => {
    assert.equal(suffixOf({ os: "ubuntu", node: { version: 20, env: null } }), "(ubuntu, 20, )");
  });
});
