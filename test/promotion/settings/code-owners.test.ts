import assert from "node:assert/strict";
import { codeOwnerSettings } from "../../../promotion/settings/code-owners";
import type { RepositorySettings } from "../../../promotion/settings/repository-settings";
import { Repository } from "../../../promotion/repository";
import { RepositoryFixture } from "../repository-fixture";

const NONE = { codeOwnersErrors: { value: { errors: [] } } } as unknown as RepositorySettings;

describe("the owners of the files that judge a pull request", () => {
  let repo: RepositoryFixture;
  before(() => {
    repo = new RepositoryFixture();
    for (const file of [".github/workflows/ci.yml", ".github/scripts/check-pin.sh", "promotion/settings/rules.ts", "cli/options.ts"])
      repo.write(file, "");
    repo.commit(1, "Judges");
  });
  after(() => repo.close());

  const owners = (text: string | undefined, file = ".github/CODEOWNERS") => {
    if (text === undefined) repo.git("rm", "--quiet", "--ignore-unmatch", file);
    else repo.write(file, text);
    const [files] = codeOwnerSettings(new Repository(repo.dir), repo.commit(2, "Owners"), NONE);
    return files!;
  };

  it("are missing without a file, and the reason names what to write", () => {
    const { state, reason } = owners(undefined);
    assert.equal(state, "missing");
    assert.match(reason, /main has no \.github\/CODEOWNERS; name owners there of \/\.github\/ \/promotion\//);
  });

  for (const text of [
    "* @a\n",
    "**  @a # all\n",
    "/.github/ @a\n/promotion/ @a\n/cli/ @a\n*.json @a\n",
    ".github @a\npromotion/** @a\ncli/* @a\npackage*.json @a\n",
    "*.yml @b\n* a@example.org @o/t\n",
  ]) {
    it(`are found in ${JSON.stringify(text)}`, () =>
      assert.deepEqual([owners(text).state, owners(text).reason], ["met", ".github/CODEOWNERS covers 6 files"]));
  }

  for (const [text, unowned] of [
    ["* @a\n/.github/scripts/\n", ".github/scripts/check-pin.sh"],
    ["# * @a\n", ".github/CODEOWNERS, .github/scripts/check-pin.sh, .github/workflows/ci.yml and 3 more"],
    ["/.github/ @a\n/promotion/* @a\n/cli/ @a\n*.json @a\n", "promotion/settings/rules.ts"],
    ["* @a\n*.ts\ncli/ @a\n", "promotion/settings/rules.ts"],
    ["github/ @a\npromotion/ @a\ncli/ @a\n/*.json @a\n", ".github/CODEOWNERS, .github/scripts/check-pin.sh, .github/workflows/ci.yml"],
  ] as const) {
    it(`are missed by ${JSON.stringify(text)}, whose last matching line counts`, () => {
      const { state, reason } = owners(text);
      assert.deepEqual([state, reason], ["missing", `.github/CODEOWNERS names no owner of ${unowned}; add them`]);
    });
  }
});
