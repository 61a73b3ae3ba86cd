import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parsePromoteOptions } from "../../promotion/promote-options";
import { type Answer, ScriptFixture } from "./stand-ins";

const BRANCH = "promote/sandbox-v0.3.0";
const TITLE = "Promote v0.3.0 to sandbox";
const BODY = 'Commits:\n- `$(id)` "quoted"';
const RESULT = { outcome: "open", changes: [], branch: { name: BRANCH, state: "created" }, title: TITLE, body: BODY };

/** Real git in the fixture's folder: main at `origin`, and branches with one commit each. */
class Clone {
  constructor(readonly fixture: ScriptFixture) {
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit({ "Pulumi.sandbox.yaml": "v0.2.0", "Pulumi.prod.yaml": "v0.2.0" }, "Begin");
    this.git("update-ref", "refs/remotes/origin/main", "HEAD");
    this.git("init", "--quiet", "--bare", "remote/example-org/ci-runners.git");
    this.git("config", `url.${join(fixture.folder, "remote")}/.insteadOf`, "https://github.com/");
  }

  git(...args: string[]): string {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
    const user = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    return execFileSync("git", [...user, ...args], { cwd: this.fixture.folder, encoding: "utf8", stdio: "pipe", env }).trim();
  }

  commit(files: Record<string, string>, message: string): string {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.fixture.folder, name), text);
    this.git("add", "--", ...Object.keys(files));
    this.git("commit", "--quiet", "--message", message);
    return this.git("rev-parse", "HEAD");
  }

  /** A branch on main; main is checked out afterwards. */
  branch(name: string, ...commits: Record<string, string>[]): string {
    this.git("switch", "--quiet", "--force-create", name, "origin/main");
    const made = commits.map((files) => this.commit(files, `${TITLE}\n\n${BODY}`));
    this.git("switch", "--quiet", "main");
    return made.at(-1)!;
  }

  bundle(...branches: string[]): string {
    this.git("bundle", "create", "--quiet", "test.bundle", ...branches, "--not", "origin/main");
    return execFileSync("base64", ["--wrap=0", "test.bundle"], { cwd: this.fixture.folder, encoding: "utf8" });
  }

  pushed(): string {
    return this.git("--git-dir", "remote/example-org/ci-runners.git", "for-each-ref", "--format=%(refname) %(objectname)");
  }
}

describe("the script that evaluates promotions", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const values = { FROM: "dev", TO: "sandbox" };
  const evaluate = (answers: Answer[], more: Record<string, string> = {}) =>
    fixture.run("promote.yml", "promote.sh", { ...values, ...more }, answers, ["npm", "gh"]);
  const evaluated = (result: object, exitCode = 0): Answer => ({
    program: "npm",
    when: "promote",
    stdout: "bake  closed  opens tomorrow\n",
    exitCode,
    writes: { "promotion.json": JSON.stringify(result) },
  });
  let clone: Clone;
  before(() => (clone = new Clone(fixture)));

  it("hands on the promotion's one commit when the gates are open, and publishes nothing itself", () => {
    const commit = clone.branch(BRANCH, { "Pulumi.sandbox.yaml": "v0.3.0" });
    const { status, output, calls, stderr } = evaluate([evaluated(RESULT)]);
    assert.equal(status, 0, stderr);
    const [, bundle] = /^sandbox=(\S+)\n$/.exec(output)!;
    writeFileSync(join(fixture.folder, "got.bundle"), Buffer.from(bundle!, "base64"));
    assert.equal(clone.git("bundle", "list-heads", "got.bundle"), `${commit} refs/heads/${BRANCH}`);
    assert.deepEqual(
      calls.map(({ program }) => program),
      ["npm"],
    );
    assert.equal(clone.pushed(), "");
  });

  it("passes options that the command accepts, and the release only if one was given", () => {
    const asked = (more: Record<string, string>) => parsePromoteOptions(evaluate([evaluated(RESULT, 1)], more).calls[0]!.args.slice(4));
    const common = { check: false, from: { name: "dev" }, to: { name: "sandbox" }, main: "origin/main", json: "promotion.json" };
    for (const [more, release] of [
      [{}, undefined],
      [{ RELEASE: "v0.3.0" }, "v0.3.0"],
    ] as const) {
      const options = asked(more) as any;
      assert.deepEqual(
        { ...options, from: { name: options.from.name }, to: { name: options.to.name } },
        { ...common, hosts: "auto", release, rollback: false, override: undefined, dryRun: false },
      );
    }
  });

  it("hands on nothing while a gate is closed, and writes the reasons to the summary", () => {
    const { status, output, summary } = evaluate([evaluated({ outcome: "closed", changes: [] }, 1)]);
    assert.deepEqual([status, output], [0, ""]);
    assert.match(summary, /### dev to sandbox\n {4}bake {2}closed {2}opens tomorrow/);
  });

  it("hands on nothing when the stage already has the release", () => {
    assert.equal(evaluate([evaluated({ outcome: "nothing", changes: [] })]).output, "");
  });

  it("fails when the gates cannot be evaluated, so that a missing promotion is noticed", () => {
    assert.equal(evaluate([evaluated({}, 2)]).status, 2);
  });
});

describe("the script that opens promotion pull requests", () => {
  let fixture: ScriptFixture;
  let clone: Clone;
  beforeEach(() => {
    fixture = new ScriptFixture();
    clone = new Clone(fixture);
  });
  afterEach(() => fixture.close());
  const open = (BUNDLE: string, known = 0) =>
    fixture.run(
      "promote.yml",
      "open-promotion.sh",
      { TO: "sandbox", BUNDLE, GH_REPO: "example-org/ci-runners", GH_TOKEN: "t" },
      [
        { program: "gh", when: "pr list", stdout: `${known}\n` },
        { program: "gh", when: "auth setup-git" },
        { program: "gh", when: "pr create" },
      ],
      ["npm", "gh"],
    );

  it("pushes the commit and opens a pull request with its message", () => {
    const commit = clone.branch(BRANCH, { "Pulumi.sandbox.yaml": "v0.3.0" });
    const { status, calls, stderr } = open(clone.bundle(BRANCH));
    assert.equal(status, 0, stderr);
    assert.equal(clone.pushed(), `refs/heads/${BRANCH} ${commit}`);
    const create = calls.at(-1)!;
    assert.deepEqual(create.args.slice(0, 8), ["pr", "create", "--base", "main", "--head", BRANCH, "--title", TITLE]);
    assert.equal(create.files["body.md"]!.trimEnd(), BODY);
  });

  for (const known of [1, 2]) {
    it(`never opens another pull request for a branch that has ${known} already, whether open, merged or closed`, () => {
      clone.branch(BRANCH, { "Pulumi.sandbox.yaml": "v0.3.0" });
      const { status, calls } = open(clone.bundle(BRANCH), known);
      assert.equal(status, 0);
      assert.deepEqual(
        calls.map(({ program, args }) => `${program} ${args.slice(0, 2).join(" ")}`),
        ["gh pr list"],
      );
      assert.ok(calls[0]!.args.includes("all"), "closed ones also count");
      assert.equal(clone.pushed(), "");
    });
  }

  it("opens no pull request if the branch cannot be pushed", () => {
    clone.branch(BRANCH, { "Pulumi.sandbox.yaml": "v0.3.0" });
    clone.git("config", "--unset-all", `url.${join(fixture.folder, "remote")}/.insteadOf`);
    clone.git("config", "url./nonexistent/.insteadOf", "https://github.com/");
    const { status, calls } = open(clone.bundle(BRANCH));
    assert.notEqual(status, 0);
    assert.ok(!calls.some(({ args }) => args.includes("create")));
  });

  const pin = { "Pulumi.sandbox.yaml": "v0.3.0" };
  const hostile: [what: string, branches: Record<string, Record<string, string>[]>, why: RegExp][] = [
    ["another file", { [BRANCH]: [{ ...pin, "check.sh": "exit 0" }] }, /change: Pulumi\.sandbox\.yaml\ncheck\.sh/],
    ["another stage's pin", { [BRANCH]: [{ "Pulumi.prod.yaml": "v0.3.0" }] }, /change: Pulumi\.prod\.yaml/],
    ["a second commit", { [BRANCH]: [{ "a.txt": "" }, pin] }, /has 2 commits/],
    ["another branch's name", { "main-2": [pin] }, /the bundle has refs\/heads\/main-2/],
    ["two branches", { "promote/sandbox-v0.4.0": [{ "Pulumi.sandbox.yaml": "v0.4.0" }], [BRANCH]: [pin] }, /the bundle has/],
  ];
  for (const [what, branches, why] of hostile) {
    it(`never publishes a bundle with ${what}, which a release's own code could have written`, () => {
      for (const [name, commits] of Object.entries(branches)) clone.branch(name, ...commits);
      const { status, stderr, calls } = open(clone.bundle(...Object.keys(branches)));
      assert.equal(status, 1);
      assert.match(stderr, why);
      assert.deepEqual(calls, []);
      assert.equal(clone.pushed(), "");
    });
  }
});
