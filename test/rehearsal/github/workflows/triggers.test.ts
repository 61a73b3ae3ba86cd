import assert from "node:assert/strict";
import { REPOSITORY, Simulated } from "./fixture";

const WORKFLOW = (on: string) => `on: ${on}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [run: echo]\n`;
const FILE = ".github/workflows/ci.yml";

describe("what starts a workflow in the GitHub stand-in", () => {
  let simulated: Simulated;

  beforeEach(() => (simulated = new Simulated()));
  afterEach(() => simulated.close());

  const push = async (on: string, path = "a.txt", branch = "main") => {
    simulated.repository.seed({ [FILE]: WORKFLOW(on) }, branch);
    return (await simulated.repository.push({ [path]: String(Math.random()) }, { branch })).length;
  };
  const pull = async (on: string, act: (pulls: Awaited<ReturnType<typeof open>>) => Promise<readonly unknown[]>) => {
    const opened = await open(on);
    return (await act(opened)).length;
  };
  const open = async (on: string, head = "topic") => {
    simulated.repository.seed({ [FILE]: WORKFLOW(on) });
    simulated.repository.seed({ "b.txt": "b" }, head);
    return simulated.repository.openPullRequest(head);
  };

  it("is a push to a branch, unless the workflow names only tags", async () => {
    assert.equal(await push("push"), 1);
    assert.equal(await push("{push: {tags: ['v*']}}"), 0);
    assert.equal((await simulated.repository.tag("v1")).length, 1);
    assert.equal(await push("{push: {branches: [main]}}"), 1);
    assert.equal((await simulated.repository.tag("v2")).length, 0);
    assert.equal(await push("{push: {branches-ignore: [main]}}"), 0);
  });

  it("is a change below the paths of the filter, and none beside them", async () => {
    assert.equal(await push("{push: {paths: ['docs/**']}}", "docs/a.md"), 1);
    assert.equal(await push("{push: {paths: ['docs/**']}}", "src/a.ts"), 0);
    assert.equal(await push("{push: {paths-ignore: ['docs/**']}}", "docs/a.md"), 0);
    assert.equal(await push("{push: {paths-ignore: ['docs/**']}}", "src/a.ts"), 1);
  });

  it("is no push whose message says [skip ci]", async () => {
    simulated.repository.seed({ [FILE]: WORKFLOW("push") });
    assert.equal((await simulated.repository.push({ a: "1" }, { message: "Fix [skip ci]" })).length, 0);
  });

  it("is of a pull request's activities those that the filter names, by default three", async () => {
    assert.equal(await pull("pull_request", async ({ runs }) => runs), 1);
    assert.equal(await pull("pull_request", ({ pull: one }) => simulated.repository.label(one, "e2e")), 0);
    assert.equal(await pull("{pull_request: {types: [labeled]}}", async ({ runs }) => runs), 0);
    assert.equal(await pull("{pull_request: {types: [labeled]}}", ({ pull: one }) => simulated.repository.label(one, "e2e")), 1);
    assert.equal(await pull("{pull_request: {types: [unlabeled]}}", ({ pull: one }) => simulated.repository.unlabel(one, "e2e")), 1);
  });

  it("is a pull request that is opened with labels once for each of them, beside its opening", async () => {
    simulated.repository.seed({ [FILE]: WORKFLOW("{pull_request: {types: [opened, labeled]}}") });
    simulated.repository.seed({ "b.txt": "b" }, "topic");
    const { runs } = await simulated.repository.openPullRequest("topic", { labels: ["bug", "e2e"] });
    assert.equal(runs.length, 3);
  });

  it("is no dispatch of a file that the default branch does not have", async () => {
    simulated.repository.seed({ a: "a" });
    simulated.repository.seed({ [FILE]: WORKFLOW("workflow_dispatch") }, "topic");
    await assert.rejects(simulated.repository.dispatch("ci.yml", { ref: "topic" }), /ci\.yml not found on the default branch/);
    simulated.repository.seed({ [FILE]: WORKFLOW("workflow_dispatch") });
    assert.equal((await simulated.repository.dispatch("ci.yml", { ref: "topic" })).length, 1);
  });

  it("is a push to the head of an open pull request, as synchronize", async () => {
    const { pull: opened } = await open("pull_request");
    const [run] = await simulated.repository.push({ "c.txt": "c" }, { branch: "topic" });
    assert.deepEqual([run?.file?.event, run?.file?.branch], ["pull_request", "topic"]);
    await simulated.repository.close(opened);
    assert.equal((await simulated.repository.push({ "c.txt": "d" }, { branch: "topic" })).length, 0);
  });

  it("runs the files of the merge for pull_request, and those of the base for pull_request_target", async () => {
    simulated.repository.seed({ [FILE]: WORKFLOW("{pull_request: , pull_request_target: }") });
    const fork = simulated.repository.fork("stranger/app");
    fork.seed({ ".github/workflows/evil.yml": WORKFLOW("{pull_request: , pull_request_target: }") }, "evil");
    const { runs } = await simulated.repository.openPullRequest({ repository: "stranger/app", branch: "evil" });
    assert.deepEqual(
      runs.map(({ file, repository }) => `${repository} ${file?.event} ${file?.path.split("/").at(-1)}`),
      [`${REPOSITORY} pull_request ci.yml`, `${REPOSITORY} pull_request evil.yml`, `${REPOSITORY} pull_request_target ci.yml`],
    );
  });

  it("is a dispatch of a workflow that allows it, with inputs of the declared types", async () => {
    const on = "{workflow_dispatch: {inputs: {debug: {type: boolean}, level: {type: choice, options: [low, high], default: low}}}}";
    const steps = "run: 'output x=${{ inputs.debug }}-${{ inputs.level }}-${{ github.event.inputs.debug }}', id: a";
    const text = `on: ${on}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    outputs: {x: '\${{ steps.a.outputs.x }}'}\n    steps: [{${steps}}]\n`;
    simulated.repository.seed({ [FILE]: text });
    const [run] = await simulated.repository.dispatch("ci.yml", { inputs: { debug: true } });
    await simulated.settled();
    assert.equal(run!.jobs[0]!.outputs!.x, "true-low-true");
    await assert.rejects(simulated.repository.dispatch("ci.yml", { inputs: { debug: "yes" } }), /'yes' for input 'debug'/);
    await assert.rejects(simulated.repository.dispatch("ci.yml", { inputs: { level: "top" } }), /'top' for input 'level'/);
    await assert.rejects(simulated.repository.dispatch("ci.yml", { inputs: { other: 1 } }), /Unexpected inputs provided: other/);
    simulated.repository.seed({ [FILE]: WORKFLOW("push") });
    await assert.rejects(simulated.repository.dispatch("ci.yml"), /no.*workflow_dispatch|does not have 'workflow_dispatch'/);
  });

  it("never passes over a file that cannot be run: the push itself fails", async () => {
    await assert.rejects(simulated.repository.push({ [FILE]: "on: push\njobs:\n  a: {}\n" }), /ci\.yml cannot be run/);
    const unknown = WORKFLOW("push").replace("[run: echo]", "[uses: stranger/action@v1]");
    await assert.rejects(simulated.repository.push({ [FILE]: unknown }), /no repository stranger\/action with v1 exists here/);
  });
});
