import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { differences, renderDocument } from "./support/document";
import { definedRows, seenRows } from "./support/fault-table";
import { REQUIRED } from "./support/required";

const DOCUMENT = resolve(__dirname, "../../../docs/faults.md");

// Every row must be known, also when this file is run alone, and its test must come before the ones in here.
for (const folder of ["simulated", "systemd"]) {
  const path = join(__dirname, folder);
  if (!existsSync(path)) continue;
  for (const name of readdirSync(path).sort()) if (name.endsWith(".test.ts")) require(join(path, name));
}

describe("the table of faults", () => {
  it("has a test for each fault that it must have", () => {
    const tested = new Set<string>(definedRows().map(({ fault }) => fault));
    const missing = REQUIRED.filter((fault) => !tested.has(fault));
    assert.ok(missing.length === 0, `no test makes these happen: ${missing.join("; ")}`);
  });

  it("says nothing that the tests do not see", () => {
    const rows = seenRows();
    const all = rows.length === definedRows().length;
    if (process.env.FAULTS_WRITE === "1") {
      assert.ok(all, `docs/faults.md is not written: ${rows.length} of ${definedRows().length} rows were seen`);
      writeFileSync(DOCUMENT, renderDocument(rows));
      return;
    }
    const document = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
    assert.deepEqual(differences(document, rows), [], "docs/faults.md is not what was seen; `npm run faults` writes it");
    // Rows that nobody tests any more show only when all that are tested ran.
    if (all) assert.equal(document, renderDocument(rows), "docs/faults.md is not what was seen; `npm run faults` writes it");
  });
});
