import assert from "node:assert/strict";
import { scriptOutput } from "../../../../host-config/shared/setup/output";

function outputOf(lines: Iterable<string>) {
  const said: string[] = [];
  const output = scriptOutput((line) => void said.push(line));
  for (const line of lines) output.push(line);
  return { said, last: output.last(3) };
}

describe("the output of a setup script", () => {
  it("is passed on line by line, with its origin", () => {
    assert.deepEqual(outputOf(["one", "", "two"]).said, ["setup: one", "setup: ", "setup: two"]);
  });

  it("ends after a mebibyte with a line that says so, since a disk and a log would bear the rest", () => {
    const { said, last } = outputOf(
      (function* () {
        for (let line = 0; line < 200_000; line++) yield `line ${line} of a flood`;
        yield "cannot go on";
      })(),
    );
    assert.equal(said.at(-1), "setup: further output is not shown");
    assert.equal(said.filter((line) => line === said.at(-1)).length, 1);
    const characters = said.join("\n").length;
    assert.ok(characters > 1_000_000 && characters < 1_500_000, String(characters));
    assert.equal(last.at(-1), "cannot go on", "the reason");
  });

  it("has no line that is longer than a log takes", () => {
    assert.equal(outputOf(["x".repeat(100_000)]).said[0]!.length, "setup: ".length + 4096);
  });

  it("keeps the last lines that have content for the reason", () => {
    assert.deepEqual(outputOf(["a", "b", "c", "", "d", "  "]).last, ["b", "c", "d"]);
  });

  it("cannot clear or colour an operator's terminal, and of a progress bar shows the last state", () => {
    const { said } = outputOf(["\x1b[2J\x1b[31mred\x1b[0m\u0007", " 10 %\r 50 %\r100 %\r", "a\tb"]);
    assert.deepEqual(said, ["setup: red", "setup: 100 %", "setup: a\tb"]);
  });
});
