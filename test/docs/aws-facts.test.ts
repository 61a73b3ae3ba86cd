import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { LifecycleState } from "@aws-sdk/client-auto-scaling";
import ts from "typescript";
import * as errors from "../../rehearsal/aws/autoscaling/errors";

const ROOT = resolve(__dirname, "../..");
const DOCUMENT = join(ROOT, "docs/aws-facts.md");

interface Fact {
  id: string;
  fact: string;
  /** Text on which programs match; `<...>` stands for a variable part. */
  exact: string | undefined;
  source: string;
}

interface TestTitle {
  file: string;
  title: string;
  ids: string[];
  /** The test's own code and that of its file outside of any other test, where tables and helpers are. */
  code: string;
}

function facts(): Fact[] {
  const rows = readFileSync(DOCUMENT, "utf8")
    .split("\n")
    .filter((line) => /^\| A\d/.test(line));
  return rows.map((row) => {
    const [id = "", fact = "", exact = "", source = "", ...more] = row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    assert.deepEqual(more, [], row);
    return { id, fact, exact: exact === "" ? undefined : exact.replace(/^`(.*)`$/, "$1").replace(/^` (.*)/, "$1"), source };
  });
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith(".test.ts") ? [path] : [];
  });
}

/** Titles of all tests, as written in the source: a title in a loop is one title. */
function titles(file: string): TestTitle[] {
  return titlesIn(readFileSync(file, "utf8"), file);
}

const ID = /\bA\d+\.\d+\b/g;

function titlesIn(text: string, file = "test"): TestTitle[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: (Omit<TestTitle, "code"> & { from: number; to: number })[] = [];
  const visit = (node: ts.Node): void => {
    const [first, body] = ts.isCallExpression(node) ? node.arguments : [];
    if (ts.isCallExpression(node) && node.expression.getText() === "it" && first && body) {
      const title = first.getText();
      const ids = [...title.matchAll(ID)].map(([id]) => id);
      found.push({ file, title, ids, from: node.getStart(), to: node.getEnd() });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let outside = "";
  let end = 0;
  for (const { from, to } of found) {
    if (from >= end) outside += text.slice(end, from);
    end = Math.max(end, to);
  }
  outside += text.slice(end);
  return found.map(({ from, to, ...one }) => ({ ...one, code: `${text.slice(from, to)}\n${outside}` }));
}

/** Whether a title has its ids in the one form that a search for them finds. */
function inForm({ title, ids }: TestTitle): boolean {
  const formed = [...title.matchAll(/ \[(A\d+\.\d+(?:, A\d+\.\d+)*)\]["'`]$/g)].flatMap(([, list]) => list!.split(", "));
  return formed.length === ids.length;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Whether a test contains a text: in a literal, in a pattern, or in a template with `${}` for the variable parts. */
function quotes({ code }: TestTitle, exact: string): boolean {
  const text = code.replace(/\\(.)/g, "$1");
  const [head = "", ...parts] = exact.split(/<[^>]+>/).map(escape);
  return new RegExp([head, ...parts].join("[^\\n]{0,60}?")).test(text);
}

describe("docs/aws-facts.md, the facts that the AWS stand-in implements", () => {
  const known = facts();
  const all = testFiles(join(ROOT, "test")).flatMap(titles);
  const testsOf = (id: string) => all.filter(({ ids }) => ids.includes(id));

  it("gives each fact a unique id, in order, and a source", () => {
    assert.ok(known.length > 70, `${known.length} facts: has the table's format changed?`);
    const ids = known.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const number = (id: string) => id.slice(1).split(".").map(Number) as [number, number];
    const sorted = [...ids].sort((a, b) => number(a)[0] - number(b)[0] || number(a)[1] - number(b)[1]);
    assert.deepEqual(ids, sorted);
    for (const { id, fact, source } of known) {
      assert.match(fact, /\.$/, id);
      assert.ok(source.length > 5, `${id} has no source`);
    }
  });

  it("has no fact without a test, because the stand-in could stop implementing it unnoticed", () => {
    assert.deepEqual(
      known.filter(({ id }) => testsOf(id).length === 0).map(({ id, fact }) => `${id} ${fact}`),
      [],
    );
  });

  it("finds ids in any form, demands one form, and takes no other test's quotation for a test's own", () => {
    const [first, second] = titlesIn('const table = "shared"; it("a [A1.1,A1.2]", () => "own"); it("b [A1.3, A1.4]", () => "other");') as [
      TestTitle,
      TestTitle,
    ];
    assert.deepEqual(
      [first.ids, second.ids],
      [
        ["A1.1", "A1.2"],
        ["A1.3", "A1.4"],
      ],
    );
    assert.deepEqual([inForm(first), inForm(second)], [false, true]);
    assert.deepEqual(
      ["own", "shared", "other"].map((text) => quotes(first, text)),
      [true, true, false],
    );
    assert.deepEqual(
      all.filter((test) => !inForm(test)).map(({ file, title }) => `${relative(ROOT, file)}: ${title}`),
      [],
    );
  });

  it("has every fact that a test's title refers to", () => {
    const ids = new Set(known.map(({ id }) => id));
    const unknown = all.flatMap((test) =>
      test.ids.filter((id) => !ids.has(id)).map((id) => `${id} in ${relative(ROOT, test.file)}: ${test.title}`),
    );
    assert.deepEqual(unknown, []);
    assert.ok(all.length > 300, `${all.length} titles: is anything read at all?`);
  });

  it("names every state of the stand-in, and the stand-in has no state that AWS lacks", () => {
    const text = readFileSync(DOCUMENT, "utf8");
    const model = readFileSync(join(ROOT, "contract/aws/lifecycle.ts"), "utf8");
    const union = /export type LifecycleState =([^;]+);/.exec(model)?.[1] ?? "";
    const states = [...union.matchAll(/"([^"]+)"/g)].map(([, state]) => state!);
    assert.ok(states.length > 20, union);
    assert.deepEqual(
      states.filter((state) => !text.includes(`\`${state}\``)),
      [],
    );
    assert.deepEqual(
      states.filter((state) => !Object.values<string>(LifecycleState).includes(state)),
      [],
    );
  });

  it("has every error text of the stand-in's Auto Scaling", () => {
    const patterns = known.flatMap(({ exact }) =>
      exact
        ? [
            new RegExp(
              `^${exact
                .split(/<[^>]+>/)
                .map(escape)
                .join(".+")}$`,
            ),
          ]
        : [],
    );
    const { validation: _anything, ...worded } = errors;
    const messages = Object.values(worded).flatMap((make) => {
      const build = make as (...values: (string | undefined)[]) => Error;
      // With and without the first value: the text names the token or the instance, whichever is given.
      return [build("one", "other").message, build(undefined, "other").message];
    });
    assert.ok(messages.length > 25);
    assert.deepEqual(
      [...new Set(messages)].filter((message) => !patterns.some((pattern) => pattern.test(message))),
      [],
    );
  });

  it("quotes exact texts letter by letter as the tests assert them", () => {
    const unquoted = known.filter(({ id, exact }) => exact !== undefined && !testsOf(id).some((test) => quotes(test, exact)));
    assert.deepEqual(
      unquoted.map(({ id, exact }) => `${id}: ${exact}`),
      [],
    );
  });
});
