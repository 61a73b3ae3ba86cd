import assert from "node:assert/strict";
import { reasonsIn, shellReasons } from "./shell-reasons";

describe("the reasons for a failed bootstrap that the operating guide is compared with", () => {
  it("include those of the preparation, with an ellipsis for each variable part", () => {
    assert.deepEqual(reasonsIn('throw new PrepareError("docker: no \\"engine\\"");', "x.ts"), ['docker: no "engine"']);
    assert.deepEqual(reasonsIn("throw new PrepareError(\n  `storage: ${device}: a file system of type ${type}`,\n);", "x.ts"), [
      "storage: …: a file system of type …",
    ]);
    assert.ok(shellReasons().includes("disk: setupScript and packages leave too little space for jobs: …"));
  });

  it("cannot be hidden from the comparison by a text that is not written where it is used", () => {
    assert.throws(() => reasonsIn("throw new PrepareError(text);", "x.ts"), /x\.ts: a PrepareError without its text/);
  });
});
