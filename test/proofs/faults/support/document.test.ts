import assert from "node:assert/strict";
import { differences, renderDocument, type SeenRow } from "./document";
import { PAGE } from "./page";
import { REQUIRED } from "./required";

const row = (more: Partial<SeenRow>): SeenRow => ({
  fault: "event lost",
  expected: "the instance still terminates",
  seen: "1 job succeeded",
  where: "systemd",
  ...more,
});

describe("docs/faults.md", () => {
  it("orders its rows by the list of faults, whatever the order of the tests", () => {
    const rows = [row({ fault: "event late" }), row({ where: "simulated" }), row({}), row({ fault: "agent socket gone" })];
    const document = renderDocument(PAGE, rows);
    assert.equal(document, renderDocument(PAGE, [...rows].reverse()));
    const lines = document.split("\n").filter((line) => /\| (systemd|simulated) \|$/.test(line));
    assert.deepEqual(
      lines.map((line) => [line.split(" | ")[0], line.split(" | ").at(-1)]),
      [
        ["| agent socket gone", "systemd |"],
        ["| event lost", "systemd |"],
        ["| event lost", "simulated |"],
        ["| event late", "systemd |"],
      ],
    );
  });

  it("differs as soon as one row is missing or was observed differently", () => {
    const document = renderDocument(PAGE, [row({}), row({ fault: "event late" })]);
    assert.deepEqual(differences(document, [row({})]), []);
    assert.match(differences(document, [row({ seen: "1 job lost" })]).join(), /seen: .*1 job lost.*\ndocumented: .*1 job succeeded/);
    assert.match(differences(document, [row({ where: "simulated" })]).join(), /documented: no such row/);
  });

  it("keeps its table intact whatever a cell contains", () => {
    const line = renderDocument(PAGE, [row({ seen: "a | b\nc" })])
      .split("\n")
      .find((text) => text.startsWith("| event lost"));
    assert.equal(line, "| event lost | the instance still terminates | a \\| b c | systemd |");
  });

  it("lists no fault twice", () => {
    assert.deepEqual(
      REQUIRED.filter((fault, at) => REQUIRED.indexOf(fault) !== at),
      [],
    );
  });
});
