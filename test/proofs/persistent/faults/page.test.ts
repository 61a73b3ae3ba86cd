import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { differences, renderDocument } from "../../faults/support/document";
import { ELSEWHERE, PAGE, REQUIRED, ROWS } from "./table";
// Its tests are defined before the ones below, also if this file runs alone.
import "./live.test";

const ROOT = resolve(__dirname, "../../../..");
const NAME = "docs/faults-persistent-runner.md";
const DOCUMENT = join(ROOT, NAME);

describe("the table of a persistent runner's faults", () => {
  it("has a test for each required fault", () => {
    const tested = new Set<string>(ROWS.defined().map(({ fault }) => fault));
    const missing = process.env.FAULTS_ONLY === undefined ? REQUIRED.filter((fault) => !tested.has(fault)) : [];
    assert.ok(missing.length === 0, `no test injects these faults: ${missing.join("; ")}`);
  });

  it("names tests that exist for what is proved on a machine alone", () => {
    for (const { file, title } of ELSEWHERE) {
      const source = readFileSync(join(ROOT, file), "utf8");
      // As a call, or as the key of a function that such a call names.
      const found = ['it("', "it(`", 'async "', "async [`"].some((before) => source.includes(before + title));
      assert.ok(found, `${file} has no test "${title}"`);
    }
  });

  it("contains only what the tests observe", () => {
    const rows = ROWS.seen();
    const all = rows.length === REQUIRED.length;
    if (process.env.FAULTS_WRITE === "1") {
      assert.ok(all, `${NAME} is not written: only ${rows.length} of ${REQUIRED.length} rows were observed`);
      writeFileSync(DOCUMENT, renderDocument(PAGE, rows));
      return;
    }
    const document = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
    assert.deepEqual(differences(document, rows), [], `${NAME} differs from what was observed; \`npm run faults\` writes it`);
    // Rows without a test can be detected only if every test ran.
    if (all) assert.equal(document, renderDocument(PAGE, rows), `${NAME} differs from what was observed; \`npm run faults\` writes it`);
  });
});
