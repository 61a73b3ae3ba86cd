import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MANIFEST, ROOT } from "../../../components/shared/package-layout";
import { sha256 } from "../../../components/shared/sha256";

/** What the check finds is in test/build/build.test.ts; here is how often it is made. */
describe("the build products of the package itself", () => {
  const TAR = "dist/host-bundles/pool.tar";
  let root: string;
  let artefacts: typeof import("../../../components/shared/artefacts")["artefacts"];

  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  };
  const build = (content: string) => {
    write(TAR, content);
    write(MANIFEST, JSON.stringify({ hostBundles: { pool: { file: TAR, sha256: sha256(content) } }, functions: {}, inputs: {} }));
  };

  /** A package of its own, since the project's products must stay as they are. */
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "ci-runners-package-"));
    for (const name of ["artefacts", "package-layout", "sha256"]) {
      const file = `components/shared/${name}.ts`;
      cpSync(join(ROOT, file), join(root, file));
    }
    write("package.json", "{}");
    artefacts = require(join(root, "components/shared/artefacts.ts")).artefacts;
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("are checked once for all pools of a program", () => {
    build("first");
    const first = artefacts();
    assert.equal(artefacts(), first);
    assert.notEqual(artefacts(ROOT), artefacts(ROOT));
  });

  it("are checked again after a build, so that a program that outlives it does not deploy new files with old digests", () => {
    build("first");
    assert.equal(artefacts().hostBundle("pool").sha256, sha256("first"));
    build("second");
    assert.equal(artefacts().hostBundle("pool").sha256, sha256("second"));
  });

  it("are checked again after a failure", () => {
    assert.throws(() => artefacts(), /manifest\.json is missing/);
    build("first");
    write(TAR, "damaged");
    for (let i = 0; i < 2; i++) assert.throws(() => artefacts(), /pool\.tar does not match/);
    build("first");
    assert.equal(artefacts().hostBundle("pool").sha256, sha256("first"));
  });
});
