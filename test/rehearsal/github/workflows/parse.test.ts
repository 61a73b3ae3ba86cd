import assert from "node:assert/strict";
import { parseAction } from "../../../../rehearsal/github/workflows/parse-action";
import { parseWorkflow } from "../../../../rehearsal/github/workflows/parse";

const job = (more: string) => `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n${more}`;
const STEP = "    steps:\n      - run: echo\n";

async function problems(content: string): Promise<string> {
  try {
    await parseWorkflow("ci.yml", content);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("a workflow file that the stand-in reads", () => {
  it("is refused in GitHub's words where GitHub refuses it", async () => {
    assert.match(await problems(job("    stepz: []\n")), /Unexpected value 'stepz'/);
    assert.match(await problems(job(`    needs: none\n${STEP}`)), /at least one job with no dependencies/);
    assert.match(await problems(job(`    if: secrets.KEY != ''\n${STEP}`)), /secrets/);
    assert.match(await problems("on: pushed\njobs: {}\n"), /pushed/);
    const cycle = "on: push\njobs:\n  z:\n    runs-on: x\n    steps: [run: a]\n  a:\n    needs: b\n    runs-on: x\n    steps: [run: a]\n";
    assert.match(await problems(`${cycle}  b:\n    needs: a\n    runs-on: x\n    steps: [run: a]\n`), /cycle/);
  });

  it("is refused by the name of each key that the stand-in would otherwise ignore", async () => {
    const unsupported: [string, RegExp][] = [
      [`    container: node\n${STEP}`, /container is not supported/],
      [`    services: {db: {image: postgres}}\n${STEP}`, /services is not supported/],
      ["    steps:\n      - run: echo\n        shell: pwsh\n", /shell: pwsh is not supported/],
      ["    steps:\n      - run: echo\n        background: true\n", /Unexpected value 'background'/],
    ];
    for (const [more, expected] of unsupported) assert.match(await problems(job(more)), expected);
    assert.match(await problems(job(STEP).replace("on: push", "on: {schedule: [{cron: '0 0 * * *'}]}")), /on\.schedule is not supported/);
    assert.match(await problems(job(STEP).replace("runs-on: ubuntu-latest", "runs-on: {group: big}")), /group is not supported/);
  });

  it("names the line of what it refuses", async () => {
    assert.match(await problems(job(`    container: node\n${STEP}`)), /\(Line: 5, Col: \d+\)/);
  });

  it("gets success() for each condition without a function about the status, and no other condition", async () => {
    const conditions = ["github.ref == 'x'", "always()", "contains('always()', 'a')", "${{ failure() && true }}"];
    const steps = conditions.map((one) => `      - if: "${one}"\n        run: echo\n`).join("");
    const { jobs } = await parseWorkflow("ci.yml", job(`    steps:\n${steps}      - run: echo\n`));
    const { work } = jobs[0]!;
    assert.deepEqual(work.kind === "steps" && work.steps.map((step) => step.if), [
      "success() && (github.ref == 'x')",
      "always()",
      "success() && (contains('always()', 'a'))",
      "failure() && true",
      "success()",
    ]);
  });

  it("may not filter an event by branches and branches-ignore", async () => {
    const on = "on: {push: {branches: [a], branches-ignore: [b]}}";
    assert.match(await problems(job(STEP).replace("on: push", on)), /only define one of `branches`/);
  });
});

describe("an action that the stand-in reads", () => {
  const action = (runs: string) => ({ "action.yml": `name: a\ndescription: b\nruns:\n${runs}` });

  it("is refused by name if it runs in a container, and if there is none", () => {
    assert.throws(
      () => parseAction(action("  using: docker\n  image: Dockerfile\n"), "", "acme/x"),
      /runs\.using: docker is not supported/,
    );
    assert.throws(() => parseAction({}, "sub", "acme/x"), /acme\/x cannot be run:\n- it has no action\.yml in sub/);
  });

  it("is refused in GitHub's words if a script of it names no shell", () => {
    assert.throws(() => parseAction(action("  using: composite\n  steps: [{run: echo}]\n"), "", "acme/x"), /shell/);
  });
});
