import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../../cli/options";
import { findStackDir } from "../../../rehearsal/environment/stack-configuration";

describe("the file of a stack that is rehearsed", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "stacks-"));
    for (const file of ["Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "examples/team/Pulumi.team.yaml"]) write(file);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function write(file: string): void {
    mkdirSync(join(dir, file, ".."), { recursive: true });
    writeFileSync(join(dir, file), "config: {}\n");
  }
  const refused = (stack: string, text: RegExp) =>
    assert.throws(
      () => findStackDir(dir, stack),
      (error: Error) => error instanceof UsageError && text.test(error.message),
    );

  it("is the project's, also where an example has one of the same name", () => {
    write("examples/team/Pulumi.dev.yaml");
    assert.equal(findStackDir(dir, "dev"), dir);
  });

  it("is that of an example if the project has none, which is how a user tries one", () => {
    assert.equal(findStackDir(dir, "team"), join(dir, "examples/team"));
  });

  it("is never that of another project, whose keys this program does not know", () => {
    for (const file of ["examples/spot/Pulumi.yaml", "examples/spot/Pulumi.spot.yaml"]) write(file);
    refused("spot", /there is no Pulumi\.spot\.yaml/);
  });

  it("is refused if there is none, with those that there are", () => {
    refused("nowhere", /^--stack nowhere: there is no Pulumi\.nowhere\.yaml; give one of dev, prod, or of the examples: team$/);
    rmSync(join(dir, "examples"), { recursive: true });
    refused("nowhere", /give one of dev, prod$/);
  });

  it("is refused if two examples have it: one would be rehearsed, and the other believed to be", () => {
    write("examples/other/Pulumi.team.yaml");
    refused(
      "team",
      /^--stack team: there are examples\/other\/Pulumi\.team\.yaml and examples\/team\/Pulumi\.team\.yaml; rename one of them$/,
    );
  });
});
