import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./markdown";

/** The headings of Keep a Changelog, in its order. */
const HEADINGS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

describe("the changelog", () => {
  const [, ...releases] = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8").split(/^## /m);

  it("has one list below each heading, or a page shows the entries around a blank line with gaps between them", () => {
    const lists = releases.flatMap((release) => release.split(/^### /m).slice(1));
    assert.ok(lists.length >= 5, "no headings found");
    for (const list of lists) {
      const [heading, blank, ...lines] = list.trimEnd().split("\n");
      assert.equal(blank, "", `${heading} is followed by a blank line`);
      assert.deepEqual(
        lines.filter((line) => !/^(- | {2})\S/.test(line)),
        [],
        `${heading} has other lines than entries`,
      );
    }
  });

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

  it("has no line in two versions, which a merge that takes both sides leaves", () => {
    const lines = releases.flatMap((release) => release.split("\n"));
    const twice = lines.filter((line, index) => line.length > 40 && lines[index + 1]?.startsWith(line.slice(0, 40)));
    assert.deepEqual(twice, []);
  });
});
