import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./markdown";

/** The headings of Keep a Changelog, in its order. */
const HEADINGS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

describe("the changelog", () => {
  const [, ...releases] = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8").split(/^## /m);

  it("has each heading once in a release, so that no change is read twice or missed after a merge", () => {
    assert.ok(releases.length >= 3, "no releases found");
    for (const release of releases) {
      const name = release.split("\n")[0];
      const headings = [...release.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
      assert.deepEqual(
        headings,
        HEADINGS.filter((heading) => headings.includes(heading)),
        name,
      );
      const entries = release.split(/^- /m).map((entry) => entry.replaceAll(/\s+/g, " ").trim());
      assert.equal(new Set(entries).size, entries.length, `${name} has an entry twice`);
    }
  });
});
