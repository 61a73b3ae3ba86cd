import assert from "node:assert/strict";
import type { Run } from "../../../../rehearsal/github/jobs";
import { conclusion, conclusions, Simulated } from "./fixture";

const FILE = ".github/workflows/ci.yml";
const workflow = (concurrency: string, more = "", on = "push") =>
  `on: ${on}\n${concurrency}jobs:\n  build:\n    runs-on: ubuntu-latest\n${more}    steps: [run: sleep 100]\n`;

describe("concurrency of runs and jobs in the GitHub stand-in", () => {
  let simulated: Simulated;

  beforeEach(() => (simulated = new Simulated()));
  afterEach(() => simulated.close());

  const statuses = (runs: readonly Readonly<Run>[]) => runs.map((run) => run.file!.status);
  const push = async (text: string, note: string) => (await simulated.repository.push({ [FILE]: text, note }))[0]!;

  it("lets one run of a group at a time run, and of those that wait only the newest", async () => {
    const text = workflow("concurrency: e2e\n");
    const runs = [await push(text, "1"), await push(text, "2"), await push(text, "3")];
    assert.deepEqual(statuses(runs), ["open", "completed", "pending"]);
    await simulated.settled();
    assert.deepEqual(runs.map(conclusion), ["success", "cancelled", "success"]);
    assert.deepEqual(runs[1]!.jobs, [], "none of its jobs, not even one with always(), was ever considered");
    assert.deepEqual(simulated.log, ["0 build begins", "100 build ends", "100 build begins", "200 build ends"]);
  });

  it("keeps all that wait with queue: max", async () => {
    const text = workflow("concurrency: {group: e2e, queue: max}\n");
    const runs = [await push(text, "1"), await push(text, "2"), await push(text, "3")];
    assert.deepEqual(statuses(runs), ["open", "pending", "pending"]);
    await simulated.settled();
    assert.deepEqual(runs.map(conclusion), ["success", "success", "success"]);
  });

  it("cancels the running one with cancel-in-progress, and begins only when that has really ended", async () => {
    const slow = "  stop:\n    needs: build\n    if: always()\n    runs-on: ubuntu-latest\n    steps: [run: sleep 50]\n";
    const text = workflow("concurrency: {group: E2E, cancel-in-progress: true}\n") + slow;
    const first = await push(text, "1");
    await simulated.after(10);
    const second = await push(text, "2");
    assert.deepEqual(statuses([first, second]), ["open", "pending"]);
    await simulated.settled();
    assert.deepEqual([conclusions(first), conclusion(first)], [{ build: "cancelled", stop: "success" }, "cancelled"]);
    assert.deepEqual(simulated.log.slice(0, 5), ["0 build begins", "10 build ends", "10 stop begins", "60 stop ends", "60 build begins"]);
    assert.equal(conclusion(second), "success");
  });

  it("never lets two repositories wait for each other: groups are of one repository", async () => {
    const other = simulated.github.workflows.repository("acme/other");
    const text = workflow("concurrency: e2e\n");
    const [first] = await simulated.repository.push({ [FILE]: text });
    const [second] = await other.push({ [FILE]: text });
    assert.deepEqual(statuses([first!, second!]), ["open", "open"]);
    await simulated.settled();
  });

  it("makes a job wait for its group as `waiting`, with a webhook of that name", async () => {
    const text = workflow("", "    concurrency: disk\n");
    const first = await push(text, "1");
    const second = await push(text, "2");
    assert.deepEqual([first.jobs[0]!.state, second.jobs[0]!.state], ["acquired", "waiting"]);
    await simulated.settled();
    assert.deepEqual([conclusion(first), conclusion(second)], ["success", "success"]);
  });

  it("cancels a run whose job asks for the group that the run itself has, instead of waiting forever", async () => {
    const run = await push(workflow("concurrency: same\n", "    concurrency: SAME\n"), "1");
    await simulated.settled();
    assert.equal(conclusion(run), "cancelled");
    assert.match(simulated.github.workflows.problems(run).join(), /deadlock for concurrency group 'SAME'/);
  });

  describe("with the rendered workflow's group, which is the machine's only for events that need the machine", () => {
    const GATE = "github.event_name != 'pull_request' || contains(github.event.pull_request.labels.*.name, 'e2e-test')";
    const text = workflow(
      `concurrency:\n  group: \${{ (${GATE}) && 'e2e-runner' || github.run_id }}\n  cancel-in-progress: true\n`,
      `    if: ${GATE}\n`,
      "{push: {branches: [main]}, pull_request: {types: [labeled, synchronize]}}",
    );

    it("cancels nothing by the events of an unrelated pull request", async () => {
      const main = await push(text, "1");
      await simulated.after(10);
      simulated.repository.seed({ b: "b" }, "topic");
      const { pull } = await simulated.repository.openPullRequest("topic");
      const [unrelated] = await simulated.repository.label(pull, "documentation");
      const [synchronized] = await simulated.repository.push({ b: "c" }, { branch: "topic" });
      assert.deepEqual([conclusions(unrelated!), conclusions(synchronized!)], [{ build: "skipped" }, { build: "skipped" }]);
      await simulated.settled();
      assert.equal(conclusion(main), "success");
    });

    it("cancels the running one by a pull request that gets the label", async () => {
      const main = await push(text, "1");
      await simulated.after(10);
      simulated.repository.seed({ b: "b" }, "topic");
      const { pull } = await simulated.repository.openPullRequest("topic");
      const [labeled] = await simulated.repository.label(pull, "e2e-test");
      await simulated.settled();
      assert.deepEqual([conclusion(main), conclusion(labeled!)], ["cancelled", "success"]);
    });
  });
});
