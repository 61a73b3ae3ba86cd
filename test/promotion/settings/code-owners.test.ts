import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../workflows/files";
import { codeOwnerSettings } from "../../../promotion/settings/code-owners";
import type { RepositorySettings } from "../../../promotion/settings/repository-settings";
import { Repository } from "../../../promotion/repository";
import { RepositoryFixture } from "../repository-fixture";

const NONE = { codeOwnersErrors: { value: { errors: [] } } } as unknown as RepositorySettings;

const REMEDY = "/.github/ /promotion/ /cli/ /contract/ /scripts/ /*.json /.npmrc";
const COVERED =
  ".github/CODEOWNERS covers 5 files, what may be added to their folders, and package.json, package-lock.json, npm-shrinkwrap.json, tsconfig.json, .npmrc";
const GITHUB_FILES = [".github/CODEOWNERS", ".github/scripts/check-pin.sh", ".github/workflows/ci.yml"];

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
    "/.github/ @a\n/promotion/ @a\n/cli/ @a\n/contract/ @a\n/scripts/ @a\n*.json @a\n/.npmrc @a\n",
    ".github @a\npromotion/** @a\ncli @a\ncontract/ @a\nscripts @a\npackage*.json @a\nnpm-*.json @a\ntsconfig.json @a\n.npmrc @a\n",
    "*.yml @b\n* a@example.org @o/t\n",
  ]) {
    it(`are found in ${JSON.stringify(text)}`, () => assert.deepEqual([owners(text).state, owners(text).reason], ["met", COVERED]));
  }

  it("are named in this repository's own file, which would else fail its own check", () => {
    const own = {
      file: (_: string, path: string) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : undefined),
      git: () => execFileSync("git", ["ls-files", "--cached", "-z"], { cwd: ROOT, encoding: "utf8" }),
    } as unknown as Repository;
    const [files] = codeOwnerSettings(own, "main", NONE);
    assert.equal(files!.state, "met", files!.reason);
  });

  for (const [text, unowned] of [
    ["* @a\n/.github/scripts/\n", ".github/scripts/check-pin.sh"],
    ["# * @a\n", ".github/CODEOWNERS, .github/scripts/check-pin.sh, .github/workflows/ci.yml and 17 more"],
    ["* @a\n/promotion/\n/promotion/* @a\n", "promotion/settings/rules.ts, promotion/new-folder/new-file"],
    ["* @a\n*.ts\ncli/ @a\n", "promotion/settings/rules.ts"],
    ["* @a\n.github/\ngithub/ @a\n", `${GITHUB_FILES[0]}, ${GITHUB_FILES[1]}, ${GITHUB_FILES[2]} and 2 more`],
    ["* @a\n.npmrc\n", ".npmrc"],
    ["* @a\n/*.json\npackage*.json @a\ntsconfig.json @a\n", "npm-shrinkwrap.json"],
    ["* @a\n/promotion/\n/promotion/**/*.ts @a\n", "promotion/new-file, promotion/new-folder/new-file"],
    ["* @a\n/scripts/\n", "scripts/new-file, scripts/new-folder/new-file"],
  ] as const) {
    it(`are missed by ${JSON.stringify(text)}, whose last matching line counts`, () => {
      const { state, reason } = owners(text);
      assert.deepEqual([state, reason], ["missing", `.github/CODEOWNERS names no owner of ${unowned}; it needs owners of ${REMEDY}`]);
    });
  }
});
