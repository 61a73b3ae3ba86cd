import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseDeployOptions } from "../../promotion/deploy-options";
import { ScriptFixture, type Call } from "./stand-ins";

const SHA = "0123456789abcdef0123456789abcdef01234567";
/** The arguments after `--`, parsed by the command itself. */
const asDeploy = ({ args }: Call) => {
  assert.deepEqual(args.slice(0, 4), ["run", "--silent", "deploy", "--"]);
  return parseDeployOptions(args.slice(4));
};

describe("the script that lists the stacks that a change redeploys", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const changed = (stacks: string[]) => ({
    program: "npm",
    when: "--changed",
    writes: { "changed.json": JSON.stringify(stacks.map((stack) => ({ stack, release: "main", from: null }))) },
  });

  it("lists the changed stacks and no others", () => {
    const { status, output, calls } = fixture.run("deploy.yml", "changed-stacks.sh", { BASE_SHA: "0".repeat(40), HEAD_SHA: SHA }, [
      changed(["sandbox"]),
    ]);
    assert.equal(status, 0);
    assert.equal(output, 'stacks=["sandbox"]\n');
    assert.deepEqual(asDeploy(calls[0]!), { changed: true, base: "0".repeat(40), head: SHA, json: "changed.json" });
  });

  it("writes an empty list if no stack changed, so that no job starts", () => {
    assert.equal(fixture.run("deploy.yml", "changed-stacks.sh", { BASE_SHA: SHA, HEAD_SHA: SHA }, [changed([])]).output, "stacks=[]\n");
  });

  it("passes on a requested stack, whatever characters it contains", () => {
    const { output, calls } = fixture.run("deploy.yml", "changed-stacks.sh", { ONLY: 'prod"]; x' }, []);
    assert.equal(output, `stacks=${JSON.stringify(['prod"]; x'])}\n`);
    assert.deepEqual(calls, []);
  });

  it("reports to forks only that they get no preview", () => {
    const values = { BASE_SHA: SHA, HEAD_SHA: SHA };
    const fork = fixture.run("preview.yml", "changed-stacks.sh", { ...values, FORK: "true" }, [changed(["dev"])]);
    assert.match(fork.summary, /fork gets no credentials/);
    assert.equal(fixture.run("preview.yml", "changed-stacks.sh", { ...values, FORK: "false" }, [changed(["dev"])]).summary, "");
    assert.equal(fixture.run("preview.yml", "changed-stacks.sh", { ...values, FORK: "true" }, [changed([])]).summary, "");
  });

  it("fails when the change cannot be evaluated, instead of silently deploying nothing", () => {
    const { status, output } = fixture.run("deploy.yml", "changed-stacks.sh", { BASE_SHA: SHA, HEAD_SHA: SHA }, [
      { program: "npm", stderr: "shallow clone\n", exitCode: 2 },
    ]);
    assert.equal(status, 2);
    assert.equal(output, "");
  });
});

describe("the script that previews a stack for a pull request", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const preview = (stdout: string, exitCode = 0, stderr = "") => {
    const values = { STACK: "sandbox", HEAD_SHA: SHA, BODY_FILE: "preview.md" };
    return fixture.run("preview.yml", "preview.sh", values, [{ program: "npm", when: "--preview", stdout, stderr, exitCode }]);
  };
  const body = () => fixture.read("preview.md")!;

  it("previews the stack with the pull request's pin and configuration", () => {
    const { status, calls } = preview("Resources:\n    57 unchanged\n");
    assert.equal(status, 0);
    assert.deepEqual(asDeploy(calls[0]!), { changed: false, stack: "sandbox", preview: true, at: SHA, main: undefined });
    assert.match(body(), /^### Preview of `sandbox`\n\n```\nResources:\n {4}57 unchanged\n\n```\n$/);
  });

  it("keeps hostile text inside its code block, whatever fences and markers it contains", () => {
    const hostile =
      "```\n@everyone </details> <!-- preview of stack prod -->\n`````` ${{ secrets.X }} $(id)\n\u001b[31mred\u001b[0m\u0007\n";
    preview(hostile);
    const lines = body().split("\n");
    const fences = lines.flatMap((line, at) => (line === "```````" ? [at] : []));
    assert.equal(fences.length, 2, body());
    const inside = lines.slice(fences[0]! + 1, fences[1]);
    assert.deepEqual(inside.slice(0, 4), [
      "```",
      "@everyone </details> <!-- preview of stack prod -->",
      "`````` ${{ secrets.X }} $(id)",
      "red",
    ]);
    assert.deepEqual(lines.slice(fences[1]! + 1).join(""), "");
  });

  it("stays below GitHub's limit of 65,536 characters, and reports the cut", () => {
    preview("é".repeat(100_000));
    assert.ok(body().length < 65_536);
    assert.match(body(), /The first 60000 of 200000 bytes/);
    assert.ok(!body().includes("\ufffd"), "cut in the middle of a character");
  });

  it("shows the error of a failed preview, and fails", () => {
    const { status } = preview("", 255, "error: ci-runners:release = v9 is refused\n");
    assert.equal(status, 255);
    assert.match(body(), /\*\*The preview failed\*\* \(exit code 255\)[\s\S]*release = v9 is refused/);
  });
});

describe("the script that comments on a pull request", () => {
  const fixture = new ScriptFixture();
  before(() => mkdirSync(join(fixture.folder, "preview")));
  after(() => fixture.close());
  const values = { STACK: "dev", BODY_FILE: "preview/preview.md", PULL_REQUEST: "17", GH_REPO: "example-org/ci-runners", GH_TOKEN: "t" };
  const comment = (existing: string) =>
    fixture.run("preview.yml", "comment.sh", values, [
      { program: "gh", when: "--paginate", stdout: existing },
      { program: "gh", when: "--method" },
    ]);

  it("creates one comment, and later updates the same one", () => {
    fixture.write("preview/preview.md", "### Preview\n");
    const [, created] = comment("").calls;
    assert.deepEqual(created!.args.slice(0, 5), ["api", "--silent", "--method", "POST", "repos/example-org/ci-runners/issues/17/comments"]);
    assert.equal(created!.files["comment.md"], "<!-- preview of stack dev -->\n### Preview\n");
    const [, updated] = comment("4711\n4712\n").calls;
    assert.deepEqual(updated!.args.slice(0, 5), [
      "api",
      "--silent",
      "--method",
      "PATCH",
      "repos/example-org/ci-runners/issues/comments/4711",
    ]);
  });

  it("updates only a comment by the bot that begins with the marker", () => {
    const [asked] = comment("").calls;
    const filter = asked!.args[asked!.args.indexOf("--jq") + 1]!;
    assert.match(filter, /login == "github-actions\[bot\]"/);
    assert.match(filter, /startswith\(env\.MARKER\)/);
  });

  it("passes the text only by file, so that 60 kB of untrusted text never become an argument", () => {
    fixture.write("preview/preview.md", "x".repeat(60_000));
    for (const { args } of comment("").calls) assert.ok(args.join(" ").length < 400);
  });

  it("does not comment if there is no preview", () => {
    fixture.write("preview/preview.md", "");
    assert.deepEqual(comment("").calls, []);
  });

  it("fails when GitHub does not respond, so that an old preview is not mistaken for the new one", () => {
    fixture.write("preview/preview.md", "### Preview\n");
    const { status, calls } = fixture.run("preview.yml", "comment.sh", values, [{ program: "gh", when: "--paginate", exitCode: 1 }]);
    assert.notEqual(status, 0);
    assert.equal(calls.length, 1);
  });
});
