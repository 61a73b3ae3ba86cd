import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ORGANIZATION } from "../github/fixture";
import { Hosted } from "../github/workflows/hosted-fixture";
import { TestRunner, until } from "./fixture";

const ACTION = {
  "greet/action.yml":
    "name: greet\ndescription: d\ninputs: {who: {default: nobody}}\noutputs: {text: {value: '${{ steps.t.outputs.text }}'}}\n" +
    'runs:\n  using: composite\n  steps:\n    - {id: t, shell: bash, run: \'echo "text=hello ${{ inputs.who }}" >>"$GITHUB_OUTPUT"\'}\n',
};

describe("a workflow's job on the runner stand-in", () => {
  let hosted: Hosted;
  let runner: TestRunner;
  let log: string;

  beforeEach(async () => {
    hosted = await Hosted.open();
    runner = await TestRunner.registered(hosted.served, "i-1");
    log = join(runner.root, "order");
  });
  afterEach(async () => {
    runner.dispose();
    await hosted.close();
  });

  const written = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  const start = async (environment: NodeJS.ProcessEnv = {}) => {
    runner.service(environment);
    await runner.listening();
  };

  it("runs between two hosted ones with its own label, hooks around its steps and outputs that come back", async () => {
    await start({
      ACTIONS_RUNNER_HOOK_JOB_STARTED: runner.hook("started.sh", `echo started >>${log}\n`),
      ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", `echo completed >>${log}\n`),
    });
    hosted.served.github.workflows.repository(`${ORGANIZATION}/actions`).seed(ACTION);
    const run = await hosted.run(
      `on: push
jobs:
  start:
    runs-on: ubuntu-latest
    outputs: {label: '\${{ steps.s.outputs.label }}'}
    steps: [{id: s, run: 'echo label=pool >>"$GITHUB_OUTPUT"'}]
  e2e:
    needs: start
    runs-on: '\${{ needs.start.outputs.label }}'
    outputs: {text: '\${{ steps.g.outputs.text }}', file: '\${{ steps.f.outputs.file }}'}
    steps:
      - uses: actions/checkout@v4
      - {id: g, uses: ${ORGANIZATION}/actions/greet@main, with: {who: mona}}
      - {id: f, run: 'echo step >>${log}; echo "file=$(cat data.txt)" >>"$GITHUB_OUTPUT"'}
      - {if: failure(), run: echo never >>${log}}
  stop:
    needs: [start, e2e]
    if: always()
    runs-on: ubuntu-latest
    outputs: {all: '\${{ steps.s.outputs.all }}'}
    steps: [{id: s, run: 'echo "all=\${{ needs.e2e.outputs.text }} \${{ needs.e2e.outputs.file }}" >>"$GITHUB_OUTPUT"'}]
`,
      { "data.txt": "of the commit" },
    );
    const [, e2e, stop] = run.jobs;
    assert.deepEqual(
      run.jobs.map(({ conclusion }) => conclusion),
      ["success", "success", "success"],
      e2e!.annotations.map((one) => one.message).join(),
    );
    assert.equal(e2e!.runnerName, "i-1");
    assert.equal(stop!.outputs!.all, "hello mona of the commit");
    assert.deepEqual(written(), ["started", "step", "completed"]);
  });

  it("keeps what it has built for the next run, if its checkout leaves it", async () => {
    await start();
    const workflow = `on: push
jobs:
  build:
    runs-on: pool
    outputs: {was: '\${{ steps.s.outputs.was }}'}
    steps:
      - {uses: actions/checkout@v4, with: {clean: false}}
      - {id: s, run: 'echo "was=$(cat target/x || echo empty)" >>"$GITHUB_OUTPUT"; mkdir -p target; echo cached >target/x'}
`;
    const first = await hosted.run(workflow, { "a.txt": "1" });
    const second = await hosted.run(workflow, { "a.txt": "2" });
    assert.deepEqual(
      [first, second].map((run) => run.jobs[0]!.outputs!.was),
      ["empty", "cached"],
    );
  });

  it("is canceled with the run: its always() steps and the completed hook still run", async () => {
    await start({ ACTIONS_RUNNER_HOOK_JOB_COMPLETED: runner.hook("completed.sh", `echo completed >>${log}\n`) });
    const run = await hosted.begin(`on: push
jobs:
  build:
    runs-on: pool
    steps:
      - run: echo begun >>${log}; exec sleep 600
      - run: echo never >>${log}
      - {if: always(), run: echo cleaned >>${log}}
`);
    await until("the first step", () => written().includes("begun"));
    run.file!.cancel(false);
    await hosted.served.github.jobsSettled();
    assert.deepEqual(written(), ["begun", "cleaned", "completed"]);
    assert.equal(run.jobs[0]!.conclusion, "cancelled");
    assert.deepEqual(
      run.jobs[0]!.steps!.map(({ conclusion }) => conclusion),
      ["cancelled", "skipped", "success"],
    );
  });

  it("fails with the message of its step, and never shows a secret in its log", async () => {
    await start();
    hosted.repository.configure({ secrets: { KEY: "s3cret" } });
    const run = await hosted.run(`on: push
jobs:
  build:
    runs-on: pool
    steps:
      - run: |
          echo "key \${{ secrets.KEY }}"
          echo "::error::no such machine s3cret"
          exit 1
`);
    const messages = run.jobs[0]!.annotations.map(({ message }) => message);
    assert.equal(run.jobs[0]!.conclusion, "failure");
    assert.ok(messages.includes("no such machine ***"), messages.join());
    const { readdirSync } = await import("node:fs");
    const diagnostics = readdirSync(runner.path("_diag"))
      .map((name) => readFileSync(join(runner.path("_diag"), name), "utf8"))
      .join();
    assert.ok(diagnostics.includes("key ***") && !diagnostics.includes("s3cret"));
  });

  it("gets tokens as a self-hosted machine, by the variables of the job", async () => {
    await start();
    const run = await hosted.run(`on: push
permissions: {id-token: write}
jobs:
  build:
    runs-on: pool
    outputs: {runner: '\${{ steps.s.outputs.runner }}'}
    steps:
      - id: s
        run: |
          reply="$(curl -sf --noproxy '*' -H "authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=mine")"
          payload="$(echo "$reply" | cut -d. -f2 | tr _- /+)"
          echo "runner=$(echo "$payload==" | base64 -d 2>/dev/null | grep -o self-hosted)" >>"$GITHUB_OUTPUT"
`);
    assert.equal(run.jobs[0]!.outputs!.runner, "self-hosted");
  });
});
