import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./files";
import { type Answer, Bench } from "./stand-ins";

const CHANGELOG = `# Changelog\n\n## [Unreleased]\n\n## [0.3.0] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## [0.2.0] - 2026-11-26\n\n- Old.\n\n## [0.1.0]\n\n\n`;

describe("the script that makes a release", () => {
  const bench = new Bench();
  after(() => bench.close());
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: bench.folder,
      stdio: "pipe",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
    });
  const at = (version: string) => {
    bench.write("package.json", JSON.stringify({ version }));
    git("add", "package.json");
    git("commit", "--quiet", "--allow-empty", "--message", version);
    git("update-ref", "refs/remotes/origin/main", "HEAD");
  };
  const packs = (version: string): Answer[] =>
    ["first", "second"].map((folder) => ({
      program: "npm",
      when: `destination ${folder}`,
      writes: { [`${folder}/ci-runners-${version}.tgz`]: "bytes" },
    }));
  const release = (tag: string, answers: Answer[]) =>
    bench.run(
      "release.yml",
      "release.sh",
      { TAG: tag, GH_REPO: "o/r", GH_TOKEN: "t" },
      [...answers, { program: "gh", when: "release create" }],
      ["npm", "gh"],
    );

  before(() => {
    git("init", "--quiet");
    bench.write("CHANGELOG.md", CHANGELOG);
  });

  it("gives the package, its checksum and the changelog's words", () => {
    at("0.3.0");
    const { status, stderr, calls } = release("v0.3.0", packs("0.3.0"));
    assert.equal(status, 0, stderr);
    const { args, files } = calls.at(-1)!;
    assert.deepEqual(args.slice(0, 5), ["release", "create", "v0.3.0", "first/ci-runners-0.3.0.tgz", "first/SHA256SUMS"]);
    assert.ok(args.includes("--verify-tag") && !args.includes("--prerelease"));
    assert.equal(files["notes.md"]!.trim(), "### Added\n\n- A thing.");
    assert.equal(bench.read("first/SHA256SUMS"), `${createHash("sha256").update("bytes").digest("hex")}  ci-runners-0.3.0.tgz\n`);
  });

  it("calls a pre-release what it is", () => {
    bench.write("CHANGELOG.md", CHANGELOG.replace("[0.3.0]", "[0.4.0-rc.1]"));
    at("0.4.0-rc.1");
    assert.ok(release("v0.4.0-rc.1", packs("0.4.0-rc.1")).calls.at(-1)!.args.includes("--prerelease"));
    bench.write("CHANGELOG.md", CHANGELOG);
  });

  const refused = (tag: string, answers: Answer[], why: RegExp) => {
    const { status, stderr, calls } = release(tag, answers);
    assert.equal(status, 1);
    assert.match(stderr, why);
    assert.ok(!calls.some(({ program }) => program === "gh"), "released all the same");
  };

  it("refuses a tag that is not the version, or a pin would name code that calls itself otherwise", () => {
    at("0.3.0");
    refused("v0.3.1", packs("0.3.0"), /the tag is v0\.3\.1, but package\.json says 0\.3\.0/);
  });

  it("refuses a tag that is not on main", () => {
    at("0.3.0");
    git("commit", "--quiet", "--allow-empty", "--message", "aside");
    refused("v0.3.0", packs("0.3.0"), /v0\.3\.0 is not on main/);
  });

  for (const version of ["0.9.0", "0.1.0"]) {
    it(`refuses ${version}, of which the changelog says nothing`, () => {
      at(version);
      refused(`v${version}`, packs(version), /CHANGELOG\.md has no section/);
    });
  }

  it("refuses a package that is not the same twice", () => {
    at("0.3.0");
    const [first, second] = packs("0.3.0");
    refused("v0.3.0", [first!, { ...second!, writes: { "second/ci-runners-0.3.0.tgz": "other" } }], /not reproducible/);
  });

  it("finds the notes of this very version in this very changelog", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    bench.write("CHANGELOG.md", readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
    at(version);
    const notes = release(`v${version}`, packs(version)).calls.at(-1)!.files["notes.md"]!;
    assert.match(notes, /^### /m);
    assert.doesNotMatch(notes, /^## /m);
  });
});

describe("the script that publishes a release", () => {
  const bench = new Bench();
  after(() => bench.close());
  const sum = createHash("sha256").update("bytes").digest("hex");
  const publish = (tag: string, content: string) => {
    const file = `ci-runners-${tag.slice(1)}.tgz`;
    mkdirSync(join(bench.folder, "release"), { recursive: true });
    writeFileSync(join(bench.folder, "release", "SHA256SUMS"), "");
    const writes = { [`release/${file}`]: content, "release/SHA256SUMS": `${sum}  ${file}\n` };
    return bench.run("release.yml", "publish.sh", { TAG: tag, GH_REPO: "o/r", GH_TOKEN: "t" }, [
      { program: "gh", when: "release download", writes },
      { program: "npm", when: "publish" },
    ]);
  };

  it("publishes the release's own file, a pre-release not as the latest", () => {
    assert.deepEqual(publish("v0.3.0", "bytes").calls[1]!.args, [
      "publish",
      "./release/ci-runners-0.3.0.tgz",
      "--provenance",
      "--access",
      "public",
      "--tag",
      "latest",
    ]);
    assert.equal(publish("v0.4.0-rc.1", "bytes").calls[1]!.args.at(-1), "next");
  });

  it("publishes nothing whose checksum is not the release's", () => {
    const { status, calls } = publish("v0.3.0", "tampered");
    assert.notEqual(status, 0);
    assert.equal(calls.length, 1);
  });
});
