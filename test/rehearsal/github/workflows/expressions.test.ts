import assert from "node:assert/strict";
import { workflowLibrary } from "../../../../rehearsal/github/workflows/library";
import { Expressions } from "../../../../rehearsal/runner/steps/expressions";
import type { Json } from "../../../../rehearsal/runner/steps/plan";

const EVENT = {
  issue: { labels: [{ name: "bug" }, { name: "help wanted" }] },
  vegetables: { beets: { parts: ["roots", "leaves"] }, scallions: { parts: ["roots", "stalks"] } },
};
const CONTEXTS = { github: { event: EVENT, event_name: "push", ref: "refs/heads/feature/x" }, env: { time: "3" } };

/** The examples of GitHub's reference of expressions, with the values that it states. */
const DOCUMENTED: [string, Json][] = [
  ["null", null],
  ["false", false],
  ["711", 711],
  ["-9.2", -9.2],
  ["0xff", 255],
  ["-2.99e-2", -0.0299],
  ["'It''s open source!'", "It's open source!"],
  ["contains('Hello world', 'llo')", true],
  ["contains(github.event.issue.labels.*.name, 'bug')", true],
  ["contains(github.event.issue.labels.*.name, 'BUG')", true],
  ["contains(github.event.issue.labels.*.name, 'feature')", false],
  [`contains(fromJSON('["push", "pull_request"]'), github.event_name)`, true],
  ["startsWith('Hello world', 'He')", true],
  ["endsWith('Hello world', 'ld')", true],
  ["format('Hello {0} {1} {2}', 'Mona', 'the', 'Octocat')", "Hello Mona the Octocat"],
  ["format('{{Hello {0} {1} {2}!}}', 'Mona', 'the', 'Octocat')", "{Hello Mona the Octocat!}"],
  ["join(github.event.issue.labels.*.name, ', ')", "bug, help wanted"],
  ["fromJSON(env.time)", 3],
  [
    "github.event.vegetables.*.parts",
    [
      ["roots", "leaves"],
      ["roots", "stalks"],
    ],
  ],
  ["case(github.ref == 'refs/heads/main', 'production', 'development')", "development"],
  [
    "case(github.ref == 'refs/heads/main', 'production', startsWith(github.ref, 'refs/heads/feature/'), 'development', 'unknown')",
    "development",
  ],
  // Comparison is loose: other types become numbers, and case does not matter.
  ["'Push' == github.event_name", true],
  ["true == 1", true],
  ["'' == 0", true],
  ["null == ''", true],
  ["'abc' > 1", false],
  ["'abc' < 1", false],
  // `&&` and `||` return one of their operands.
  ["github.event_name == 'push' && 'group' || github.ref", "group"],
  ["github.event.none.at.all", null],
];

describe("expressions of workflow files", () => {
  const expressions = new Expressions(workflowLibrary().expressions);

  for (const [text, value] of DOCUMENTED) {
    it(`have the documented value: ${text}`, () => assert.deepEqual(expressions.evaluate(text, CONTEXTS), value));
  }

  it("write toJSON as GitHub does, with two spaces", () => {
    assert.equal(expressions.evaluate("toJSON(job)", { job: { status: "success" } }), '{\n  "status": "success"\n}');
  });

  it("refuse a context and a function that are not available at their place, by name", () => {
    assert.throws(() => expressions.evaluate("secrets.KEY", CONTEXTS), /secrets/);
    assert.throws(() => expressions.evaluate("always()", CONTEXTS), /always/);
  });

  it("never take 0, an empty text or null of a condition for true, and take every object for true", () => {
    const holds = (text: string) => expressions.condition(text, { ...CONTEXTS, nothing: null }, {});
    assert.deepEqual(["0", "''", "null", "false", "nothing"].map(holds), [false, false, false, false, false]);
    assert.deepEqual(["1", "'false'", "github", "true"].map(holds), [true, true, true, true]);
  });

  it("write numbers and booleans of a mapping as texts", () => {
    const literal = (value: string | number | boolean | null) => ({ kind: "literal" as const, value });
    const entry = (key: string, value: ReturnType<typeof literal>) => ({ key: literal(key), value });
    const map = { kind: "map" as const, entries: [entry("a", literal(1.5)), entry("b", literal(true)), entry("c", literal(null))] };
    assert.deepEqual(expressions.texts(map, {}), { a: "1.5", b: "true", c: "" });
  });
});
