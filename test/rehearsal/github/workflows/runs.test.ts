import assert from "node:assert/strict";
import { conclusion, conclusions, Simulated } from "./fixture";

/** Jobs of a file in short: their keys and their scripts. */
const jobs = (text: string) => `on: push\njobs:\n${text}`;
const job = (id: string, more: string, script = "echo") =>
  `  ${id}:\n    runs-on: ubuntu-latest\n${more}    steps:\n      - id: s\n        run: |\n          ${script.split("\n").join("\n          ")}\n`;

describe("a run of a workflow file in the GitHub stand-in", () => {
  let simulated: Simulated;

  beforeEach(() => (simulated = new Simulated()));
  afterEach(() => simulated.close());

  it("begins a job when those that it needs have ended, and passes on their outputs", async () => {
    const run = await simulated.run(
      jobs(
        job("a", "    outputs: {id: '${{ steps.s.outputs.id }}'}\n", "sleep 10\noutput id=i-1") +
          job("b", "", "sleep 30") +
          job(
            "c",
            "    needs: [a, b]\n    outputs: {got: '${{ steps.s.outputs.got }}'}\n",
            "output got=${{ needs.a.outputs.id }} ${{ needs.b.result }}",
          ),
      ),
    );
    assert.equal(run.jobs.find(({ spec }) => spec.name === "c")!.outputs!.got, "i-1 success");
    assert.deepEqual(simulated.log, ["0 a begins", "0 b begins", "10 a ends", "30 b ends", "30 c begins", "30 c ends"]);
    assert.equal(conclusion(run), "success");
  });

  it("skips a job after a failed one, and runs the ones with always() and failure()", async () => {
    const run = await simulated.run(
      jobs(
        job("a", "", "fail") +
          job("plain", "    needs: a\n") +
          job("always", "    needs: a\n    if: always()\n") +
          job("failed", "    needs: a\n    if: failure()\n") +
          job("unless", "    needs: a\n    if: '!cancelled()'\n") +
          job("success", "    needs: a\n    if: success() || needs.a.result == 'success'\n"),
      ),
    );
    assert.deepEqual(conclusions(run), {
      a: "failure",
      plain: "skipped",
      always: "success",
      failed: "success",
      unless: "success",
      success: "skipped",
    });
    assert.equal(conclusion(run), "failure");
  });

  it("skips what comes after a skipped job, even behind one that ran in spite of it", async () => {
    const run = await simulated.run(
      jobs(
        job("a", "    if: false\n") +
          job("b", "    needs: a\n    if: always()\n") +
          job("c", "    needs: b\n") +
          job("d", "    needs: b\n    if: always()\n"),
      ),
    );
    assert.deepEqual(conclusions(run), { a: "skipped", b: "success", c: "skipped", d: "success" });
    assert.equal(conclusion(run), "success");
  });

  it("fails a job whose labels, condition or matrix cannot be evaluated, and no other", async () => {
    const run = await simulated.run(
      jobs(
        job("a", "").replace("ubuntu-latest", "${{ github.event.nothing }}") +
          job("b", "    strategy: {matrix: {x: '${{ fromJSON(github.event.nothing) }}'}}\n") +
          job("w", "").replace("ubuntu-latest", "windows-latest") +
          job("c", ""),
      ),
    );
    assert.deepEqual(conclusions(run), { a: "failure", b: "failure", w: "failure", c: "success" });
    assert.match(simulated.github.jobs().find(({ spec }) => spec.name === "w")!.detail!, /windows-latest: only GitHub's ubuntu/);
  });

  it("takes its runner from an output of an earlier job, and gives the job to the runner with that label", async () => {
    const workflow = jobs(
      job("start", "    outputs: {label: '${{ steps.s.outputs.label }}'}\n", "output label=mine-7") +
        job("e2e", "    needs: start\n").replaceAll(
          "runs-on: ubuntu-latest\n    needs",
          "runs-on: '${{ needs.start.outputs.label }}'\n    needs",
        ) +
        job("stop", "    needs: [start, e2e]\n    if: always() && needs.start.outputs.label != ''\n"),
    );
    const run = await simulated.begin(workflow);
    await simulated.after(1);
    const e2e = run.jobs.find(({ spec }) => spec.name === "e2e")!;
    assert.deepEqual([e2e.spec.labels, e2e.state], [["mine-7"], "queued"]);
    simulated.github.cancelJob(e2e.id);
    await simulated.settled();
    assert.deepEqual(conclusions(run), { start: "success", e2e: "cancelled", stop: "success" });
  });

  describe("of a matrix", () => {
    const matrix = (strategy: string, script: string, more = "") =>
      job("m", `    strategy: {${strategy}, matrix: {n: [1, 2, 3]}}\n${more}`, script) +
      job("after", "    needs: m\n    if: always()\n", "output r=${{ needs.m.result }}");

    it("cancels the others when one fails, unless fail-fast is false", async () => {
      const script = "sleep ${{ matrix.n }}0\n${{ matrix.n == 2 && 'fail' || 'echo' }}";
      const fast = await simulated.run(jobs(matrix("fail-fast: true", script)));
      assert.deepEqual(conclusions(fast), { "m (1)": "success", "m (2)": "failure", "m (3)": "cancelled", after: "success" });
      const slow = await simulated.run(jobs(matrix("fail-fast: false", script)));
      assert.deepEqual(conclusions(slow), { "m (1)": "success", "m (2)": "failure", "m (3)": "success", after: "success" });
    });

    it("runs at most max-parallel jobs at a time", async () => {
      await simulated.run(jobs(matrix("max-parallel: 1", "sleep 10")));
      assert.deepEqual(
        simulated.log.filter((line) => line.endsWith("begins")),
        ["0 m (1) begins", "10 m (2) begins", "20 m (3) begins", "30 after begins"],
      );
    });

    it("never fails the run by a job with continue-on-error, and goes on after it", async () => {
      const script = "${{ matrix.n == 2 && 'fail' || 'echo' }}";
      const run = await simulated.run(jobs(matrix("fail-fast: true", script, "    continue-on-error: ${{ matrix.n == 2 }}\n")));
      assert.deepEqual(conclusions(run), { "m (1)": "success", "m (2)": "failure", "m (3)": "success", after: "success" });
      assert.equal(conclusion(run), "success");
    });
  });

  it("cancels a job after its timeout-minutes, and runs those with always() after it", async () => {
    const run = await simulated.run(jobs(job("a", "    timeout-minutes: 2\n", "sleep 600") + job("b", "    needs: a\n    if: always()\n")));
    assert.deepEqual(conclusions(run), { a: "cancelled", b: "success" });
    assert.deepEqual(simulated.log.at(-2), "120 b begins");
  });

  it("keeps a job of a reviewed environment waiting for the approval, and gives it the environment's secrets and variables", async () => {
    simulated.repository.configure({ secrets: { KEY: "common" }, variables: { PLACE: "nowhere" } });
    simulated.repository.environment("production", { reviewed: true, secrets: { KEY: "of production" }, variables: { PLACE: "there" } });
    const script = "output x=${{ vars.PLACE }} ${{ secrets.KEY == 'of production' }}";
    const run = await simulated.begin(
      jobs(job("a", "    environment: production\n    outputs: {x: '${{ steps.s.outputs.x }}'}\n", script)),
    );
    await simulated.after(60);
    assert.equal(run.jobs[0]!.state, "waiting");
    simulated.github.approveJob(run.jobs[0]!.id);
    await simulated.settled();
    assert.equal(run.jobs[0]!.outputs!.x, "there true");
  });

  it("never passes on an output that contains a secret", async () => {
    simulated.repository.configure({ secrets: { KEY: "s3cret" } });
    const outputs = "    outputs: {plain: '${{ steps.s.outputs.plain }}', secret: '${{ steps.s.outputs.secret }}'}\n";
    const run = await simulated.run(jobs(job("a", outputs, "output plain=1\noutput secret=x-s3cret\necho s3cret")));
    assert.deepEqual(run.jobs[0]!.outputs, { plain: "1" });
    assert.ok(simulated.github.workflows.log(run.jobs[0]!.id).includes("***"));
  });

  it("gives the code of a fork no secrets", async () => {
    simulated.repository.configure({ secrets: { KEY: "s3cret" } });
    const text = jobs(job("a", "    outputs: {x: '${{ steps.s.outputs.x }}'}\n", "output x=[${{ secrets.KEY }}]")).replace(
      "on: push",
      "on: pull_request",
    );
    simulated.repository.seed({ ".github/workflows/ci.yml": text });
    const fork = simulated.repository.fork("stranger/app");
    fork.seed({ b: "b" }, "topic");
    const { runs } = await simulated.repository.openPullRequest({ repository: "stranger/app", branch: "topic" });
    await simulated.settled();
    assert.equal(runs[0]!.jobs[0]!.outputs!.x, "[]");
  });

  it("lists hosted jobs in the REST API and by webhook as GitHub does, and gives them to no registered runner", async () => {
    const run = await simulated.run(jobs(job("a", "")));
    const [only] = run.jobs;
    assert.deepEqual(
      [only!.runnerId, only!.runnerGroup, only!.runnerName?.startsWith("GitHub Actions")],
      [undefined, { id: 0, name: "GitHub Actions" }, true],
    );
    assert.deepEqual(only!.steps, [{ id: "s", name: "Run echo", outcome: "success", conclusion: "success" }]);
  });
});
