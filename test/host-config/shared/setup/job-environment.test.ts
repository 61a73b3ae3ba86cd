import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PrepareContext } from "../../../../host-config/shared/prepare/stage";
import { jobEnvironmentStage, mergedEnvironment } from "../../../../host-config/shared/setup/job-environment";

describe("the environment of jobs", () => {
  it("replaces the image's variables of the same names and keeps its others", () => {
    assert.equal(mergedEnvironment("LANG=C.UTF-8\nA=old\n", { A: "new", B: "x=y z" }), "LANG=C.UTF-8\nA=new\nB=x=y z\n");
  });

  it("ends each line, because config.sh appends lines of its own", () => {
    assert.equal(mergedEnvironment("LANG=C.UTF-8", { A: "1" }), "LANG=C.UTF-8\nA=1\n");
    assert.equal(mergedEnvironment("", { A: "" }), "A=\n");
  });

  it("does not take a name that begins alike for the same", () => {
    assert.equal(mergedEnvironment("AB=1\r\nA_B=2\n", { A: "3" }), "AB=1\nA_B=2\nA=3\n");
  });

  it("is written once, however often the bootstrap runs, and leaves no draft", async () => {
    const folder = mkdtempSync(join(tmpdir(), "env-"));
    try {
      writeFileSync(join(folder, ".env"), "IMAGE=1\n");
      const context = { setup: { jobEnvironment: { A: "1" } } } as unknown as PrepareContext;
      for (let run = 0; run < 2; run++) await jobEnvironmentStage(folder).run(context);
      assert.equal(readFileSync(join(folder, ".env"), "utf8"), "IMAGE=1\nA=1\n");
      assert.deepEqual(readdirSync(folder), [".env"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
