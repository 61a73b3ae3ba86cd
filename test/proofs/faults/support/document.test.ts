import assert from "node:assert/strict";
import { differences, renderDocument, type SeenRow } from "./document";
import { REQUIRED } from "./required";

const row = (more: Partial<SeenRow>): SeenRow => ({
  fault: "event lost",
  expected: "the instance goes all the same",
  seen: "1 job succeeded",
  where: "systemd",
  ...more,
});

describe("the document of faults", () => {
  it("orders its rows by the list of faults, so that no order of tests changes it", () => {
    const rows = [row({ fault: "event late" }), row({ where: "simulated" }), row({}), row({ fault: "agent socket gone" })];
    const document = renderDocument(rows);
    assert.equal(document, renderDocument([...rows].reverse()));
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

  it("is found to lie as soon as one row was seen otherwise, or is not there", () => {
    const document = renderDocument([row({}), row({ fault: "event late" })]);
    assert.deepEqual(differences(document, [row({})]), []);
    assert.match(differences(document, [row({ seen: "1 job lost" })]).join(), /seen: .*1 job lost.*\nsaid: .*1 job succeeded/);
    assert.match(differences(document, [row({ where: "simulated" })]).join(), /said: no such row/);
  });

  it("keeps its table whole whatever a cell says", () => {
    const line = renderDocument([row({ seen: "a | b\nc" })])
      .split("\n")
      .find((text) => text.startsWith("| event lost"));
    assert.equal(line, "| event lost | the instance goes all the same | a \\| b c | systemd |");
  });

  it("lists no fault twice", () => {
    assert.deepEqual(
      REQUIRED.filter((fault, at) => REQUIRED.indexOf(fault) !== at),
      [],
    );
  });
});
