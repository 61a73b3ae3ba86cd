import assert from "node:assert/strict";
import { parsePromoteOptions } from "../../promotion/promote-options";
import { type Answer, ScriptFixture } from "./stand-ins";

const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";
const BRANCH = "promote/sandbox-v0.3.0";
const RESULT = {
  outcome: "open",
  changes: [],
  branch: { name: BRANCH, commit: COMMIT, state: "created" },
  title: "Promote v0.3.0 to sandbox",
  body: 'Commits:\n- `$(id)` "quoted"',
};

describe("the script that opens promotion pull requests", () => {
  const fixture = new ScriptFixture();
  after(() => fixture.close());
  const values = { FROM: "dev", TO: "sandbox", GH_REPO: "example-org/ci-runners", GH_TOKEN: "t" };
  const promote = (answers: Answer[], more: Record<string, string> = {}) =>
    fixture.run("promote.yml", "promote.sh", { ...values, ...more }, answers);
  const evaluated = (result: object, exitCode = 0): Answer => ({
    program: "npm",
    when: "promote",
    stdout: "bake  closed  opens tomorrow\n",
    exitCode,
    writes: { "promotion.json": JSON.stringify(result) },
  });
  const github = (known: number): Answer[] => [
    { program: "gh", when: "pr list", stdout: `${known}\n` },
    { program: "gh", when: "auth setup-git" },
    { program: "gh", when: "pr create" },
    { program: "git", when: "push" },
  ];

  it("pushes the promotion's commit and opens a pull request with its message when the gates are open", () => {
    const { status, calls } = promote([evaluated(RESULT), ...github(0)]);
    assert.equal(status, 0);
    const push = calls.find(({ program }) => program === "git")!;
    assert.deepEqual(push.args, ["push", "--quiet", "https://github.com/example-org/ci-runners.git", `${COMMIT}:refs/heads/${BRANCH}`]);
    const create = calls.at(-1)!;
    assert.deepEqual(create.args.slice(0, 8), ["pr", "create", "--base", "main", "--head", BRANCH, "--title", RESULT.title]);
    assert.equal(create.files["body.md"], `${RESULT.body}\n`);
  });

  it("passes options that the command accepts, and the release only if one was given", () => {
    const asked = (more: Record<string, string>) => parsePromoteOptions(promote([evaluated(RESULT, 1)], more).calls[0]!.args.slice(4));
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

  for (const known of [1, 2]) {
    it(`never opens another pull request for a branch that has ${known} already, whether open, merged or closed`, () => {
      const { status, calls } = promote([evaluated(RESULT), ...github(known)]);
      assert.equal(status, 0);
      assert.deepEqual(
        calls.map(({ program, args }) => `${program} ${args[0]}`),
        ["npm run", "gh pr"],
      );
      assert.ok(calls[1]!.args.includes("all"), "closed ones also count");
    });
  }

  it("does nothing while a gate is closed, and writes the reasons to the summary", () => {
    const { status, calls, summary } = promote([evaluated({ outcome: "closed", changes: [] }, 1)]);
    assert.equal(status, 0);
    assert.equal(calls.length, 1);
    assert.match(summary, /### dev to sandbox\n {4}bake {2}closed {2}opens tomorrow/);
  });

  it("does nothing when the stage already has the release", () => {
    assert.equal(promote([evaluated({ outcome: "nothing", changes: [] })]).calls.length, 1);
  });

  it("fails when the gates cannot be evaluated, so that a missing promotion is noticed", () => {
    assert.equal(promote([evaluated({}, 2)]).status, 2);
  });

  it("opens no pull request if the branch cannot be pushed", () => {
    const answers = github(0).map((answer) => (answer.program === "git" ? { ...answer, exitCode: 1 } : answer));
    const { status, calls } = promote([evaluated(RESULT), ...answers]);
    assert.equal(status, 1);
    assert.ok(!calls.some(({ args }) => args.includes("create")));
  });
});
