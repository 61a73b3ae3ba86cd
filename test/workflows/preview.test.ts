import assert from "node:assert/strict";
import { parseDeployOptions } from "../../promotion/deploy-options";
import { Bench, type Call } from "./stand-ins";

const SHA = "0123456789abcdef0123456789abcdef01234567";
/** What npm hands to the command behind `--`, as that command reads it. */
const asDeploy = ({ args }: Call) => {
  assert.deepEqual(args.slice(0, 4), ["run", "--silent", "deploy", "--"]);
  return parseDeployOptions(args.slice(4));
};

describe("the script that finds what a change deploys anew", () => {
  const bench = new Bench();
  after(() => bench.close());
  const changed = (stacks: string[]) => ({
    program: "npm",
    when: "--changed",
    writes: { "changed.json": JSON.stringify(stacks.map((stack) => ({ stack, release: "main", from: null }))) },
  });

  it("names the stacks that changed, and no other", () => {
    const { status, output, calls } = bench.run("deploy.yml", "changed-stacks.sh", { BASE_SHA: "0".repeat(40), HEAD_SHA: SHA }, [
      changed(["sandbox"]),
    ]);
    assert.equal(status, 0);
    assert.equal(output, 'stacks=["sandbox"]\n');
    assert.deepEqual(asDeploy(calls[0]!), { changed: true, base: "0".repeat(40), head: SHA, json: "changed.json" });
  });

  it("says so when there is none, so that no job is started", () => {
    assert.equal(bench.run("deploy.yml", "changed-stacks.sh", { BASE_SHA: SHA, HEAD_SHA: SHA }, [changed([])]).output, "stacks=[]\n");
  });

  it("takes the one that somebody asked for, whatever its characters", () => {
    const { output, calls } = bench.run("deploy.yml", "changed-stacks.sh", { ONLY: 'prod"]; x' }, []);
    assert.equal(output, `stacks=${JSON.stringify(['prod"]; x'])}\n`);
    assert.deepEqual(calls, []);
  });

  it("tells a fork that it gets no preview, and nobody else", () => {
    const values = { BASE_SHA: SHA, HEAD_SHA: SHA };
    const fork = bench.run("preview.yml", "changed-stacks.sh", { ...values, FORK: "true" }, [changed(["dev"])]);
    assert.match(fork.summary, /fork gets no credentials/);
    assert.equal(bench.run("preview.yml", "changed-stacks.sh", { ...values, FORK: "false" }, [changed(["dev"])]).summary, "");
    assert.equal(bench.run("preview.yml", "changed-stacks.sh", { ...values, FORK: "true" }, [changed([])]).summary, "");
  });

  it("fails when the change cannot be judged, instead of deploying nothing in silence", () => {
    const { status, output } = bench.run("deploy.yml", "changed-stacks.sh", { BASE_SHA: SHA, HEAD_SHA: SHA }, [
      { program: "npm", stderr: "shallow clone\n", exitCode: 2 },
    ]);
    assert.equal(status, 2);
    assert.equal(output, "");
  });
});

describe("the script that previews a stack for a pull request", () => {
  const bench = new Bench();
  after(() => bench.close());
  const preview = (stdout: string, exitCode = 0, stderr = "") => {
    const values = { STACK: "sandbox", HEAD_SHA: SHA, BODY_FILE: "preview.md" };
    return bench.run("preview.yml", "preview.sh", values, [{ program: "npm", when: "--preview", stdout, stderr, exitCode }]);
  };
  const body = () => bench.read("preview.md")!;

  it("previews that stack as the pull request pins and configures it", () => {
    const { status, calls } = preview("Resources:\n    57 unchanged\n");
    assert.equal(status, 0);
    assert.deepEqual(asDeploy(calls[0]!), { changed: false, stack: "sandbox", preview: true, at: SHA, main: undefined });
    assert.match(body(), /^### Preview of `sandbox`\n\n```\nResources:\n {4}57 unchanged\n\n```\n$/);
  });

  it("keeps hostile text inside its block, whatever fences and markers it brings", () => {
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

  it("stays below GitHub's 65,536 characters, and says that it was cut", () => {
    preview("é".repeat(100_000));
    assert.ok(body().length < 65_536);
    assert.match(body(), /The first 60000 of 200000 bytes/);
    assert.ok(!body().includes("\ufffd"), "cut in the middle of a character");
  });

  it("shows the error of a preview that failed, and fails", () => {
    const { status } = preview("", 255, "error: ci-runners:release = v9 is refused\n");
    assert.equal(status, 255);
    assert.match(body(), /\*\*The preview failed\*\* \(exit code 255\)[\s\S]*release = v9 is refused/);
  });
});

describe("the script that comments on a pull request", () => {
  const bench = new Bench();
  after(() => bench.close());
  const values = { STACK: "dev", BODY_FILE: "preview.md", PULL_REQUEST: "17", GH_REPO: "example-org/ci-runners", GH_TOKEN: "t" };
  const comment = (existing: string) =>
    bench.run("preview.yml", "comment.sh", values, [
      { program: "gh", when: "--paginate", stdout: existing },
      { program: "gh", when: "--method" },
    ]);

  it("makes one comment, and updates that one from then on", () => {
    bench.write("preview.md", "### Preview\n");
    const [, made] = comment("").calls;
    assert.deepEqual(made!.args.slice(0, 5), ["api", "--silent", "--method", "POST", "repos/example-org/ci-runners/issues/17/comments"]);
    assert.equal(made!.files["comment.md"], "<!-- preview of stack dev -->\n### Preview\n");
    const [, updated] = comment("4711\n4712\n").calls;
    assert.deepEqual(updated!.args.slice(0, 5), [
      "api",
      "--silent",
      "--method",
      "PATCH",
      "repos/example-org/ci-runners/issues/comments/4711",
    ]);
  });

  it("takes only the bot's own comment for its own, found by the marker at its beginning", () => {
    const [asked] = comment("").calls;
    const filter = asked!.args[asked!.args.indexOf("--jq") + 1]!;
    assert.match(filter, /login == "github-actions\[bot\]"/);
    assert.match(filter, /startswith\(env\.MARKER\)/);
  });

  it("gives the text by file alone: an argument of 60 kB of somebody's text has no place in a process list", () => {
    bench.write("preview.md", "x".repeat(60_000));
    for (const { args } of comment("").calls) assert.ok(args.join(" ").length < 400);
  });

  it("says nothing where no preview was made", () => {
    bench.write("preview.md", "");
    assert.deepEqual(comment("").calls, []);
  });

  it("fails when GitHub does not answer, so that nobody takes an old preview for the new one", () => {
    bench.write("preview.md", "### Preview\n");
    const { status, calls } = bench.run("preview.yml", "comment.sh", values, [{ program: "gh", when: "--paginate", exitCode: 1 }]);
    assert.notEqual(status, 0);
    assert.equal(calls.length, 1);
  });
});
