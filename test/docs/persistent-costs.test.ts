import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./markdown";
import { breakEven, fixedTable, list, month, monthTable, runTable } from "./persistent-costs";

const FILE = join(ROOT, "docs/persistent-costs.md");
const text = () => readFileSync(FILE, "utf8");
const between = (name: string) => new RegExp(`(<!-- ${name}: generated -->\\n)[\\s\\S]*?(<!-- end of ${name} -->)`);

describe("docs/persistent-costs.md", () => {
  it("computes its tables from the dated prices and what is deployed, so that neither can change alone", async () => {
    const costs = await month();
    const tables = { fixed: fixedTable(costs), runs: runTable(costs), months: monthTable(costs) };
    for (const [name, table] of Object.entries(tables)) {
      if (process.env.COSTS_WRITE === "1") writeFileSync(FILE, text().replace(between(name), `$1${table}\n$2`));
      assert.equal(
        between(name).exec(text())?.[0],
        `<!-- ${name}: generated -->\n${table}\n<!-- end of ${name} -->`,
        "write it: COSTS_WRITE=1",
      );
    }
  });

  it("says of which day and Region the prices are, and which are estimates", () => {
    const { date, region } = list();
    assert.ok(text().includes(`${date} in ${region}`));
    assert.match(text().replaceAll(/\s+/g, " "), /The hourly prices of the two instance types are estimates/);
  });

  it("quotes the original system's own break-even as its figures give it", () => {
    assert.equal(breakEven(50 * 0.08, 0.03, 0.09), 67);
    // With the type that it really started, 10 minutes cached against 25 cold.
    const { "c8i.4xlarge": hour } = list().instanceHour as { "c8i.4xlarge": number };
    assert.equal(breakEven(50 * 0.08, (10 / 60) * hour, (25 / 60) * hour), 22);
    for (const stated of ["67 runs a month", "22 runs a month"]) assert.ok(text().includes(stated), stated);
  });
});
