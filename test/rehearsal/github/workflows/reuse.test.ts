import assert from "node:assert/strict";
import { conclusion, conclusions, REPOSITORY, Simulated } from "./fixture";

const CALLED = `on:
  workflow_call:
    inputs:
      level: {type: string, required: true}
      count: {type: number, default: 2}
    secrets:
      KEY: {required: true}
    outputs:
      label: {value: '\${{ jobs.inner.outputs.label }}'}
jobs:
  inner:
    runs-on: ubuntu-latest
    outputs: {label: '\${{ steps.s.outputs.label }}'}
    steps: [{id: s, run: 'output label=\${{ inputs.level }}-\${{ inputs.count + 0 == 2 }}-\${{ secrets.KEY == ''k'' }}-\${{ github.workflow }}'}]
`.replace("${{ inputs.count + 0 == 2 }}", "${{ inputs.count == 2 }}");
const caller = (uses: string, more = "    with: {level: high}\n    secrets: {KEY: k}\n") => `name: top
on: push
jobs:
  call:
    uses: ${uses}
${more}  after:
    needs: call
    runs-on: ubuntu-latest
    outputs: {got: '\${{ steps.s.outputs.got }}'}
    steps: [{id: s, run: 'output got=\${{ needs.call.outputs.label }}'}]
`;

describe("reusable workflows and composite actions in the GitHub stand-in", () => {
  let simulated: Simulated;

  beforeEach(() => (simulated = new Simulated()));
  afterEach(() => simulated.close());

  const got = (run: Awaited<ReturnType<Simulated["run"]>>) => run.jobs.find(({ spec }) => spec.name === "after")!.outputs!.got;

  it("call a workflow of the same commit with its inputs and secrets, and get its outputs", async () => {
    const run = await simulated.run(caller("./.github/workflows/called.yml"), { ".github/workflows/called.yml": CALLED });
    assert.deepEqual(conclusions(run), { "call / inner": "success", after: "success" });
    assert.equal(got(run), "high-true-true-top");
  });

  it("call a workflow of another repository at a ref", async () => {
    simulated.github.workflows.repository("acme/shared").seed({ ".github/workflows/called.yml": CALLED });
    const run = await simulated.run(caller("acme/shared/.github/workflows/called.yml@main"));
    assert.equal(got(run), "high-true-true-top");
  });

  it("pass on all secrets with inherit", async () => {
    simulated.repository.configure({ secrets: { KEY: "k" } });
    const more = "    with: {level: low}\n    secrets: inherit\n";
    const run = await simulated.run(caller("./.github/workflows/called.yml", more), { ".github/workflows/called.yml": CALLED });
    assert.equal(got(run), "low-true-true-top");
  });

  it("fail the calling job for a missing input or secret, by its name", async () => {
    const files = { ".github/workflows/called.yml": CALLED };
    const run = await simulated.run(caller("./.github/workflows/called.yml", "    secrets: {KEY: k}\n"), files);
    assert.deepEqual(conclusions(run), { call: "failure", after: "skipped" });
    assert.match(simulated.github.jobs().find(({ spec }) => spec.name === "call")!.detail!, /Required input 'level'/);
    const other = await simulated.run(caller("./.github/workflows/called.yml", "    with: {level: a}\n"), files);
    assert.equal(conclusion(other), "failure");
  });

  it("fail alone for a missing input that is found when another run releases their group, which that run does not notice", async () => {
    const holder = `on: push\njobs:\n  long:\n    concurrency: disk\n    runs-on: ubuntu-latest\n    steps: [run: sleep 100]\n`;
    const first = await simulated.begin(holder);
    const waiting = caller("./.github/workflows/called.yml", "    concurrency: disk\n    secrets: {KEY: k}\n");
    const second = await simulated.begin(waiting, { ".github/workflows/called.yml": CALLED });
    await simulated.settled();
    assert.deepEqual([conclusions(first), conclusion(first)], [{ long: "success" }, "success"]);
    assert.deepEqual([conclusions(second), conclusion(second)], [{ call: "failure", after: "skipped" }, "failure"]);
  });

  it("are refused before anything runs if one of their jobs asks for more than the calling job has", async () => {
    const asking = CALLED.replace("  inner:\n", "  inner:\n    permissions: {id-token: write}\n");
    const files = { ".github/workflows/called.yml": asking };
    const reason = /nested job 'inner' is requesting 'id-token: write', but is only allowed 'id-token: none'/;
    await assert.rejects(simulated.run(caller("./.github/workflows/called.yml"), files), reason);
    assert.deepEqual(simulated.github.jobs(), []);
    const more = "    permissions: {id-token: write}\n    with: {level: high}\n    secrets: {KEY: k}\n";
    assert.equal(conclusion(await simulated.run(caller("./.github/workflows/called.yml", more), files)), "success");
  });

  it("are refused before anything runs if what they name does not exist or cannot be called", async () => {
    await assert.rejects(simulated.run(caller("./.github/workflows/none.yml")), /none\.yml cannot be run:\n- acme\/app has no such file/);
    const files = {
      ".github/workflows/called.yml": CALLED.replace("workflow_call", "pull_request_review").replace(/ {4}inputs[\s\S]*?jobs:/, "jobs:"),
    };
    await assert.rejects(simulated.run(caller("./.github/workflows/called.yml"), files), /no workflow_call/);
  });

  const COMPOSITE = `name: start
description: d
inputs:
  who: {default: '\${{ github.actor }}'}
outputs:
  id: {value: '\${{ steps.inner.outputs.id }}'}
runs:
  using: composite
  steps:
    - {id: inner, shell: bash, run: 'output id=\${{ inputs.who }}-\${{ env.LEVEL }}'}
    - {shell: bash, run: '\${{ inputs.who == ''broken'' && ''fail'' || ''echo'' }}'}
    - {if: failure(), shell: bash, run: echo rescued}
    - {if: success(), shell: bash, run: echo fine}
`;
  const using = (uses: string, who = "") =>
    `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: {id: '\${{ steps.s.outputs.id }}'}
    env: {LEVEL: low}
    steps:
      - {id: s, uses: '${uses}'${who}, env: {LEVEL: high}}
      - {if: always(), run: 'echo \${{ steps.s.outcome }}'}
`;

  it("run the steps of a composite action of a repository with inputs, defaults and the caller's variables", async () => {
    simulated.github.workflows.repository("acme/actions").seed({ "start/action.yml": COMPOSITE });
    const run = await simulated.run(using("acme/actions/start@main"));
    assert.equal(run.jobs[0]!.outputs!.id, "octocat-high");
    assert.ok(simulated.github.workflows.log(run.jobs[0]!.id).includes("fine"));
  });

  it("have a status of their own inside a composite action", async () => {
    const run = await simulated.run(using("./start", ", with: {who: broken}"), { "start/action.yml": COMPOSITE });
    const lines = simulated.github.workflows.log(run.jobs[0]!.id);
    assert.deepEqual(
      ["rescued", "fine", "failure"].map((line) => lines.includes(line)),
      [true, false, true],
    );
    assert.equal(conclusion(run), "failure");
  });

  it("take stand-ins for other actions from the table, and functions only for hosted jobs", async () => {
    simulated.close();
    const calls: string[] = [];
    simulated = new Simulated({
      actions: { "aws-actions/configure-aws-credentials": { act: "credentials" } },
      functions: {
        credentials: async ({ inputs, setVariable }) => {
          calls.push(inputs["role-to-assume"]!);
          setVariable("AWS_REGION", "eu-west-1");
        },
      },
    });
    const text = `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: {region: '\${{ steps.s.outputs.region }}'}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: 'arn:aws:iam::1:role/r'}
      - {id: s, run: 'output region=\${{ env.AWS_REGION }}'}
  own:
    runs-on: self-hosted
    steps: [uses: aws-actions/configure-aws-credentials@v4]
`;
    const run = await simulated.run(text);
    assert.deepEqual([calls, run.jobs.find(({ spec }) => spec.name === "a")!.outputs!.region], [["arn:aws:iam::1:role/r"], "eu-west-1"]);
    assert.match(
      simulated.github.jobs().find(({ spec }) => spec.name === "own")!.detail!,
      /its stand-in is a function, which a self-hosted/,
    );
    assert.equal(run.repository, REPOSITORY);
  });

  it("never run a script for which the rehearsal has no function as if it did nothing", async () => {
    const run = await simulated.run("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [run: curl https://example.com]\n");
    assert.equal(conclusion(run), "failure");
    assert.match(run.jobs[0]!.annotations[0]!.message, /no function stands for this script: curl https:\/\/example\.com/);
  });
});
