import assert from "node:assert/strict";
import { matchesPatterns } from "../../../../rehearsal/github/workflows/patterns";

/** GitHub's cheat sheet: patterns, what they match, and what they do not. */
const SHEET: [string[], string[], string[]][] = [
  [["feature/*"], ["feature/my-branch", "feature/your-branch"], ["feature/beta-a/my-branch", "feature"]],
  [["feature/**"], ["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"], ["features"]],
  [
    ["main", "releases/mona-the-octocat"],
    ["main", "releases/mona-the-octocat"],
    ["main2", "releases"],
  ],
  [["*"], ["main", "releases"], ["all/the/branches"]],
  [["**"], ["all/the/branches", "every/tag"], []],
  [["*feature"], ["mona-feature", "feature", "ver-10-feature"], ["feature-1"]],
  [["v2*"], ["v2", "v2.0", "v2.9"], ["v1"]],
  [["v[12].[0-9]+.[0-9]+"], ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.x.0", "v1a10b1"]],
  [["*.jsx?"], ["page.js", "page.jsx"], ["page.jsxx", "src/page.js"]],
  [["**.js"], ["index.js", "js/index.js", "src/js/app.js"], ["index.ts"]],
  [["docs/*"], ["docs/README.md", "docs/file.txt"], ["docs/a/README.md"]],
  [["docs/**"], ["docs/README.md", "docs/mona/octocat.txt"], ["doc/README.md"]],
  [["docs/**/*.md"], ["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], ["docs/a.txt"]],
  [["**/docs/**"], ["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], ["dir/documents/x"]],
  [["**/README.md"], ["README.md", "js/README.md"], ["js/README.md.old"]],
  [["**/*src/**"], ["a/src/app.js", "my-src/code/js/app.js"], ["source/app.js"]],
  [["**/migrate-*.sql"], ["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], ["migrate.sql"]],
  [["*.md", "!README.md"], ["hello.md"], ["README.md", "docs/hello.md"]],
  [["*.md", "!README.md", "README*"], ["hello.md", "README.md", "README.doc"], []],
  [["a\\+b"], ["a+b"], ["aab", "ab"]],
];

describe("filter patterns of workflow files", () => {
  for (const [patterns, matching, others] of SHEET) {
    it(`match as in GitHub's cheat sheet: ${patterns.join(" ")}`, () => {
      for (const name of matching) assert.equal(matchesPatterns(patterns, name), true, name);
      for (const name of others) assert.equal(matchesPatterns(patterns, name), false, name);
    });
  }
});
