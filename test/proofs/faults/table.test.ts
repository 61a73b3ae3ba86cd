import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { differences, renderDocument } from "./support/document";
import { definedRows, seenRows } from "./support/fault-table";
import { PAGE } from "./support/page";
import { REQUIRED } from "./support/required";

const DOCUMENT = resolve(__dirname, "../../../docs/faults.md");

// Load all rows even if this file runs alone, and define their tests before the ones below.
for (const folder of ["simulated", "systemd"]) {
  const path = join(__dirname, folder);
  if (!existsSync(path)) continue;
  for (const name of readdirSync(path).sort()) if (name.endsWith(".test.ts")) require(join(path, name));
}

describe("the fault table", () => {
  it("has a test for each required fault", () => {
    const tested = new Set<string>(definedRows().map(({ fault }) => fault));
    const missing = REQUIRED.filter((fault) => !tested.has(fault));
    assert.ok(missing.length === 0, `no test injects these faults: ${missing.join("; ")}`);
  });

  it("contains only what the tests observe", () => {
    const rows = seenRows();
    const all = rows.length === definedRows().length;
    if (process.env.FAULTS_WRITE === "1") {
      assert.ok(all, `docs/faults.md is not written: only ${rows.length} of ${definedRows().length} rows were observed`);
      writeFileSync(DOCUMENT, renderDocument(PAGE, rows));
      return;
    }
    const document = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
    assert.deepEqual(differences(document, rows), [], "docs/faults.md differs from what was observed; `npm run faults` writes it");
    // Rows without a test can be detected only if every test ran.
    if (all)
      assert.equal(document, renderDocument(PAGE, rows), "docs/faults.md differs from what was observed; `npm run faults` writes it");
  });
});
