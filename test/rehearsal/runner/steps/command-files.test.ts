import assert from "node:assert/strict";
import { readPairs, readPaths, readVariables } from "../../../../rehearsal/runner/steps/command-files";
import { CommandReader, Lines, readCommand } from "../../../../rehearsal/runner/steps/commands";
import { Masks } from "../../../../rehearsal/runner/steps/masks";

describe("what a step says to its runner", () => {
  it("has values of one line and of several, which may contain what separates them", () => {
    assert.deepEqual(readPairs("a=b=c\n\nlong<<END\none=1\n\ntwo<<x\nEND\nempty=\n", "output"), [
      ["a", "b=c"],
      ["long", "one=1\n\ntwo<<x"],
      ["empty", ""],
    ]);
  });

  it("fails the step if it is of no known form", () => {
    assert.throws(() => readPairs("nothing\n", "output"), /file command 'output' successfully\. Invalid format 'nothing'/);
    assert.throws(() => readPairs("a<<END\nb\n", "output"), /Matching delimiter not found 'END'/);
    assert.throws(() => readPairs("=b\n", "output"), /Name must not be empty/);
    assert.throws(() => readPairs("<<END\nEND\n", "output"), /Name must not be empty/);
    assert.throws(() => readVariables("node_options=x\n"), /NODE_OPTIONS/);
  });

  it("has one folder a line in the path file", () => assert.deepEqual(readPaths("/a\n\n/b\r\n"), ["/a", "/b"]));

  it("has commands with properties, whose special characters are written as codes", () => {
    assert.deepEqual(readCommand("::error file=a%2Cb.js,line=1::first%0Asecond%25"), {
      name: "error",
      properties: { file: "a,b.js", line: "1" },
      data: "first\nsecond%",
    });
    assert.deepEqual(readCommand("::add-mask::a::b")?.data, "a::b");
    assert.equal(readCommand("echo ::error::x"), undefined);
  });

  it("is only output while the step has stopped commands", () => {
    const reader = new CommandReader();
    const names = ["::stop-commands::tok", "::error::a", "::tok::", "::error::b"].map((line) => reader.read(line)?.data);
    assert.deepEqual(names, [undefined, undefined, undefined, "b"]);
  });

  it("is read in lines wherever the chunks of its output end", () => {
    const lines: string[] = [];
    const reader = new Lines((line) => lines.push(line));
    for (const chunk of ["on", "e\ntw", "o\r\n", "thr", "ee"]) reader.add(chunk);
    reader.end();
    assert.deepEqual(lines, ["one", "two", "three"]);
  });

  it("is logged without secrets, of which one may contain another and one may have several lines", () => {
    const masks = new Masks(["abc", "abcdef", "line one\nline two", " "]);
    assert.equal(masks.apply("abcdef abc line two x"), "*** *** *** x");
    assert.deepEqual([masks.hides("an abc"), masks.hides("a b c")], [true, false]);
  });
});
