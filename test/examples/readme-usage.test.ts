import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type InstalledPackage, installedPackage, ROOT } from "../package/installed-package";
import { complaints, EXAMPLES } from "./projects";

/** What the README leaves to its reader: a secret and a VPC. */
const READER_DECLARATIONS = `
declare const key: { arn: string };
declare const vpc: { privateSubnetIds: string[] };
`;

const usage = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

/** The compiler's errors for a program in a project that depends on the package. */
function compile(installed: InstalledPackage, code: string): string[] {
  const folder = installed.lay("readme-usage", join(EXAMPLES, "minimal"));
  // A reader imports the package or the folder of the sources: the same components.
  writeFileSync(join(folder, "index.ts"), code.replace(/from "\.\/ci-runners\/components"/, 'from "ci-runners"') + READER_DECLARATIONS);
  return complaints(folder, [join(folder, "index.ts")]);
}

describe("the usage that README.md shows", () => {
  let installed: InstalledPackage;
  before(async () => {
    installed = await installedPackage();
  });

  it("contains a pool", () => {
    assert.ok(usage.some((code) => code.includes("new ActionsRunnerPool(")));
  });

  it("compiles as it is, but not with an argument that the pool does not have", () => {
    for (const code of usage) {
      assert.deepEqual(compile(installed, code), []);
      if (!code.includes("maxSize:")) continue;
      assert.match(compile(installed, code.replace("maxSize:", "maximumSize:")).join("\n"), /maximumSize/);
    }
  });
});
