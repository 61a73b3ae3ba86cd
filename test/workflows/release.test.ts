import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, stepOf, workflow } from "./files";
import { type Answer, ScriptFixture } from "./stand-ins";

const CHANGELOG = `# Changelog\n\n## [Unreleased]\n\n## [0.3.0] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## [0.2.0] - 2026-11-26\n\n- Old.\n\n## [0.1.0]\n\n\n`;

describe("the script that creates a release", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: fixture.folder,
      stdio: "pipe",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
    });
  const at = (version: string) => {
    fixture.write("package.json", JSON.stringify({ version }));
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
    fixture.run(
      "release.yml",
      "release.sh",
      { TAG: tag, GH_REPO: "o/r", GH_TOKEN: "t" },
      [...answers, { program: "gh", when: "release create" }],
      ["npm", "gh"],
    );

  before(() => {
    git("init", "--quiet");
    fixture.write("CHANGELOG.md", CHANGELOG);
  });

  it("publishes the package, its checksum and the changelog's section", () => {
    at("0.3.0");
    const { status, stderr, calls, output } = release("v0.3.0", packs("0.3.0"));
    assert.equal(status, 0, stderr);
    const { args, files } = calls.at(-1)!;
    assert.deepEqual(args.slice(0, 5), ["release", "create", "v0.3.0", "first/ci-runners-0.3.0.tgz", "first/SHA256SUMS"]);
    assert.ok(args.includes("--verify-tag") && !args.includes("--prerelease"));
    assert.equal(files["notes.md"]!.trim(), "### Added\n\n- A thing.");
    const sum = createHash("sha256").update("bytes").digest("hex");
    assert.equal(fixture.read("first/SHA256SUMS"), `${sum}  ci-runners-0.3.0.tgz\n`);
    assert.equal(output, `sha256=${sum}\n`);
  });

  it("never gives the token that creates releases to the build, which runs the code of other packages", () => {
    at("0.3.0");
    const { calls } = release("v0.3.0", packs("0.3.0"));
    assert.deepEqual(
      calls.map(({ program, hasToken }) => [program, hasToken]),
      [
        ["npm", false],
        ["npm", false],
        ["gh", true],
      ],
    );
  });

  it("marks a pre-release as such", () => {
    fixture.write("CHANGELOG.md", CHANGELOG.replace("[0.3.0]", "[0.4.0-rc.1]"));
    at("0.4.0-rc.1");
    assert.ok(release("v0.4.0-rc.1", packs("0.4.0-rc.1")).calls.at(-1)!.args.includes("--prerelease"));
    fixture.write("CHANGELOG.md", CHANGELOG);
  });

  const refused = (tag: string, answers: Answer[], why: RegExp) => {
    const { status, stderr, calls } = release(tag, answers);
    assert.equal(status, 1);
    assert.match(stderr, why);
    assert.ok(!calls.some(({ program }) => program === "gh"), "still released");
  };

  it("refuses a tag that differs from the version, so that a pin never names code of another version", () => {
    at("0.3.0");
    refused("v0.3.1", packs("0.3.0"), /the tag is v0\.3\.1, but package\.json says 0\.3\.0/);
  });

  it("refuses a tag that is not on main", () => {
    at("0.3.0");
    git("commit", "--quiet", "--allow-empty", "--message", "aside");
    refused("v0.3.0", packs("0.3.0"), /v0\.3\.0 is not on main/);
  });

  for (const version of ["0.9.0", "0.1.0"]) {
    it(`refuses ${version}, which has no text in the changelog`, () => {
      at(version);
      refused(`v${version}`, packs(version), /CHANGELOG\.md has no section/);
    });
  }

  it("refuses a package that differs between two builds", () => {
    at("0.3.0");
    const [first, second] = packs("0.3.0");
    refused("v0.3.0", [first!, { ...second!, writes: { "second/ci-runners-0.3.0.tgz": "other" } }], /not reproducible/);
  });

  it("finds the notes of the current version in the real changelog", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    fixture.write("CHANGELOG.md", readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
    at(version);
    const notes = release(`v${version}`, packs(version)).calls.at(-1)!.files["notes.md"]!;
    assert.match(notes, /^### /m);
    assert.doesNotMatch(notes, /^## /m);
  });
});

describe("the script that publishes a release", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  /** @param content what the release holds now. @param built the checksum that the job that built it reported */
  const publish = (tag: string, content: string, built = digest("bytes")) => {
    const file = `ci-runners-${tag.slice(1)}.tgz`;
    mkdirSync(join(fixture.folder, "release"), { recursive: true });
    const writes = { [`release/${file}`]: content, "release/SHA256SUMS": `${digest(content)}  ${file}\n` };
    return fixture.run("release.yml", "publish.sh", { TAG: tag, SHA256: built, GH_REPO: "o/r", GH_TOKEN: "t" }, [
      { program: "gh", when: `release download ${tag} --dir release --pattern ${file}`, writes },
      { program: "npm", when: "publish" },
    ]);
  };

  it("publishes the release's own file, and never tags a pre-release as latest", () => {
    const { calls } = publish("v0.3.0", "bytes");
    assert.deepEqual(calls[1]!.args, [
      "publish",
      "./release/ci-runners-0.3.0.tgz",
      "--provenance",
      "--access",
      "public",
      "--tag",
      "latest",
    ]);
    assert.equal(calls[1]!.hasToken, false);
    assert.equal(publish("v0.4.0-rc.1", "bytes").calls[1]!.args.at(-1), "next");
  });

  it("publishes nothing if the release's file was replaced together with its checksum", () => {
    const { status, calls } = publish("v0.3.0", "tampered");
    assert.notEqual(status, 0);
    assert.deepEqual(
      calls.map(({ program }) => program),
      ["gh"],
    );
  });

  it("publishes nothing without a checksum of the job that built the file", () => {
    for (const built of ["", "0", `${digest("bytes")}\n${digest("tampered")}`]) {
      const { status, stderr, calls } = publish("v0.3.0", "bytes", built);
      assert.notEqual(status, 0);
      assert.match(stderr, /reported no checksum/);
      assert.deepEqual(calls, []);
    }
  });

  it("receives the checksum from the job that built the file, not from the release", () => {
    const { jobs } = workflow("release.yml");
    assert.deepEqual(jobs.release!.outputs, { sha256: "${{ steps.release.outputs.sha256 }}" });
    assert.equal(stepOf("release.yml", "release.sh").id, "release");
    assert.equal(stepOf("release.yml", "publish.sh").env!.SHA256, "${{ needs.release.outputs.sha256 }}");
  });
});
