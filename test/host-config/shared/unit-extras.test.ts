import assert from "node:assert/strict";
import { environmentLines, joinExtras, NO_EXTRAS } from "../../../host-config/shared/unit-extras";

describe("what the host's setup adds to the runner's unit", () => {
  it("is the union of its parts, each unit once", () => {
    const storage = { ...NO_EXTRAS, after: ["a.service"], requires: ["a.service"], enable: ["a.service"] };
    const docker = { ...NO_EXTRAS, after: ["a.service", "b.service"], wants: ["b.service"], environment: { X: "1" } };
    assert.deepEqual(joinExtras(storage, docker, { ...NO_EXTRAS, environment: { Y: "2" } }), {
      after: ["a.service", "b.service"],
      wants: ["b.service"],
      requires: ["a.service"],
      environment: { X: "1", Y: "2" },
      enable: ["a.service"],
    });
    assert.deepEqual(joinExtras(NO_EXTRAS, NO_EXTRAS), NO_EXTRAS);
  });

  it("reaches a program as it was written, although systemd expands specifiers and splits at spaces", () => {
    assert.equal(environmentLines({}), "");
    assert.equal(environmentLines({ A: '50%h of "a\\b" c', B: "" }), 'Environment="A=50%%h of \\"a\\\\b\\" c"\nEnvironment="B="\n');
  });
});
