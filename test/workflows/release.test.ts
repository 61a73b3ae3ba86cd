import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, stepOf, workflow } from "./files";
import { type Answer, ScriptFixture } from "./stand-ins";

const CHANGELOG = `# Changelog\n\n## [Unreleased]\n\n## [0.3.0] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## [0.2.0] - 2026-11-26\n\n- Old.\n\n## [0.1.0]\n\n\n`;

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

describe("the script that packs a release", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  before(() => fixture.write("package.json", JSON.stringify({ version: "0.3.0" })));
  const pack = (first: string, second: string) =>
    fixture.run(
      "release.yml",
      "pack.sh",
      {},
      Object.entries({ first, second }).map(
        ([folder, bytes]): Answer => ({
          program: "npm",
          when: `destination ${folder}`,
          writes: { [`${folder}/ci-runners-0.3.0.tgz`]: bytes },
        }),
      ),
      ["npm"],
    );

  it("reports the checksum of the package that it hands over", () => {
    const { status, stderr, output } = pack("bytes", "bytes");
    assert.equal(status, 0, stderr);
    assert.equal(output, `sha256=${digest("bytes")}\n`);
    const upload = workflow("release.yml").jobs.pack!.steps.find(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
    assert.equal(upload!.with!.path, "first/*.tgz");
  });

  it("refuses a package that differs between two builds", () => {
    const { status, stderr, output } = pack("bytes", "other");
    assert.equal(status, 1);
    assert.match(stderr, /not reproducible/);
    assert.equal(output, "");
  });

  it("never lets the build see a token, in its own environment or in that of a process above it", () => {
    assert.deepEqual(
      pack("bytes", "bytes").calls.map(({ program, hasToken }) => [program, hasToken]),
      [
        ["npm", false],
        ["npm", false],
      ],
    );
    assert.deepEqual(workflow("release.yml").jobs.pack!.permissions, { contents: "read" });
  });
});

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
  /** @param content what the job that packed the release handed over. @param sha256 the checksum that it reported */
  const release = (tag: string, content = "bytes", sha256 = digest("bytes")) => {
    mkdirSync(join(fixture.folder, "package"), { recursive: true });
    fixture.write(`package/ci-runners-${tag.slice(1)}.tgz`, content);
    return fixture.run(
      "release.yml",
      "release.sh",
      { TAG: tag, SHA256: sha256, GH_REPO: "o/r", GH_TOKEN: "t" },
      [{ program: "gh", when: "release create" }],
      ["npm", "gh"],
    );
  };

  before(() => {
    git("init", "--quiet");
    fixture.write("CHANGELOG.md", CHANGELOG);
  });

  it("publishes the package, its checksum and the changelog's section", () => {
    at("0.3.0");
    const { status, stderr, calls } = release("v0.3.0");
    assert.equal(status, 0, stderr);
    assert.equal(calls.length, 1);
    const { args, files } = calls[0]!;
    assert.deepEqual(args.slice(0, 5), ["release", "create", "v0.3.0", "package/ci-runners-0.3.0.tgz", "package/SHA256SUMS"]);
    assert.ok(args.includes("--verify-tag") && !args.includes("--prerelease"));
    assert.equal(files["notes.md"]!.trim(), "### Added\n\n- A thing.");
    assert.equal(fixture.read("package/SHA256SUMS"), `${digest("bytes")}  ci-runners-0.3.0.tgz\n`);
  });

  it("marks a pre-release as such", () => {
    fixture.write("CHANGELOG.md", CHANGELOG.replace("[0.3.0]", "[0.4.0-rc.1]"));
    at("0.4.0-rc.1");
    assert.ok(release("v0.4.0-rc.1").calls.at(-1)!.args.includes("--prerelease"));
    fixture.write("CHANGELOG.md", CHANGELOG);
  });

  const refused = ({ status, stderr, stdout, calls }: ReturnType<typeof release>, why: RegExp) => {
    assert.equal(status, 1);
    assert.match(`${stdout}${stderr}`, why);
    assert.deepEqual(calls, [], "still released");
  };

  it("refuses a package that is not the one whose checksum the other job reported", () => {
    at("0.3.0");
    refused(release("v0.3.0", "tampered"), /ci-runners-0\.3\.0\.tgz: FAILED/);
    refused(release("v0.3.0", "bytes", ""), /reported no checksum/);
  });

  it("refuses a tag that differs from the version, so that a pin never names code of another version", () => {
    at("0.3.0");
    refused(release("v0.3.1"), /the tag is v0\.3\.1, but package\.json says 0\.3\.0/);
  });

  it("refuses a tag that is not on main", () => {
    at("0.3.0");
    git("commit", "--quiet", "--allow-empty", "--message", "aside");
    refused(release("v0.3.0"), /v0\.3\.0 is not on main/);
  });

  for (const version of ["0.9.0", "0.1.0"]) {
    it(`refuses ${version}, which has no text in the changelog`, () => {
      at(version);
      refused(release(`v${version}`), /CHANGELOG\.md has no section/);
    });
  }

  it("finds the notes of the current version in the real changelog", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    fixture.write("CHANGELOG.md", readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"));
    at(version);
    const notes = release(`v${version}`).calls.at(-1)!.files["notes.md"]!;
    assert.match(notes, /^### /m);
    assert.doesNotMatch(notes, /^## /m);
  });
});

describe("the scripts that publish a release", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  /** @param content what the release holds now. @param built the checksum that the job that built it reported */
  const fetch = (tag: string, content: string, built = digest("bytes")) => {
    const file = `ci-runners-${tag.slice(1)}.tgz`;
    mkdirSync(join(fixture.folder, "release"), { recursive: true });
    const writes = { [`release/${file}`]: content, "release/SHA256SUMS": `${digest(content)}  ${file}\n` };
    return fixture.run("release.yml", "fetch-package.sh", { TAG: tag, SHA256: built, GH_REPO: "o/r", GH_TOKEN: "t" }, [
      { program: "gh", when: `release download ${tag} --dir release --pattern ${file}`, writes },
    ]);
  };
  const publish = (tag: string) => fixture.run("release.yml", "publish.sh", { TAG: tag }, [{ program: "npm", when: "publish" }]);

  it("publish the release's own file, and never tag a pre-release as latest", () => {
    const { status, calls } = fetch("v0.3.0", "bytes");
    assert.deepEqual([status, calls.map(({ program, hasToken }) => [program, hasToken])], [0, [["gh", true]]]);
    const [published] = publish("v0.3.0").calls;
    assert.deepEqual(published!.args, [
      "publish",
      "./release/ci-runners-0.3.0.tgz",
      "--ignore-scripts",
      "--provenance",
      "--access",
      "public",
      "--tag",
      "latest",
    ]);
    assert.equal(publish("v0.4.0-rc.1").calls[0]!.args.at(-1), "next");
  });

  it("never let npm see a token of GitHub, in its own environment or in that of a process above it", () => {
    assert.deepEqual(
      publish("v0.3.0").calls.map(({ program, hasToken }) => [program, hasToken]),
      [["npm", false]],
    );
  });

  it("fail if the release's file was replaced together with its checksum, before anything is published", () => {
    const { status, stdout } = fetch("v0.3.0", "tampered");
    assert.notEqual(status, 0);
    assert.match(stdout, /FAILED/);
    const scripts = workflow("release.yml").jobs.publish!.steps.flatMap(({ run, if: always }) => (run ? [[run, always]] : []));
    assert.deepEqual(scripts, [
      ["bash .github/scripts/fetch-package.sh", undefined],
      ["bash .github/scripts/publish.sh", undefined],
    ]);
  });

  it("fetch nothing without a checksum of the job that built the file", () => {
    for (const built of ["", "0", `${digest("bytes")}\n${digest("tampered")}`]) {
      const { status, stderr, calls } = fetch("v0.3.0", "bytes", built);
      assert.notEqual(status, 0);
      assert.match(stderr, /reported no checksum/);
      assert.deepEqual(calls, []);
    }
  });

  it("receive the checksum from the job that built the file, not from the release", () => {
    const { jobs } = workflow("release.yml");
    assert.deepEqual(jobs.pack!.outputs, { sha256: "${{ steps.pack.outputs.sha256 }}" });
    assert.equal(stepOf("release.yml", "pack.sh").id, "pack");
    for (const script of ["release.sh", "fetch-package.sh"]) {
      assert.equal(stepOf("release.yml", script).env!.SHA256, "${{ needs.pack.outputs.sha256 }}");
    }
  });
});
