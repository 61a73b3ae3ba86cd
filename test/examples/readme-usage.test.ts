import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { complaints, Projects, ROOT } from "./projects";

/** What the README leaves to its reader: a secret of his own and a VPC. */
const READERS_OWN = `
declare const key: { arn: string };
declare const vpc: { privateSubnetIds: string[] };
`;

const usage = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

/** The compiler's complaints about a program of a project that has the package as a dependency. */
function compile(projects: Projects, code: string): string[] {
  const folder = projects.copy("minimal");
  // A reader takes the package or the folder of the sources: the same components.
  writeFileSync(join(folder, "index.ts"), code.replace(/from "\.\/ci-runners\/components"/, 'from "ci-runners"') + READERS_OWN);
  return complaints(folder, [join(folder, "index.ts")]);
}

describe("the usage that README.md shows", function () {
  this.timeout(120_000);
  let projects: Projects;
  before(() => {
    projects = new Projects();
  });
  after(() => projects.remove());

  it("is there to be copied, with a pool in it", () => {
    assert.ok(usage.some((code) => code.includes("new ActionsRunnerPool(")));
  });

  it("compiles as it stands, and no longer with an argument that the pool does not have", () => {
    for (const code of usage) {
      assert.deepEqual(compile(projects, code), []);
      if (!code.includes("maxSize:")) continue;
      assert.match(compile(projects, code.replace("maxSize:", "maximumSize:")).join("\n"), /maximumSize/);
    }
  });
});
