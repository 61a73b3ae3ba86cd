import assert from "node:assert/strict";
import type { Run } from "../../../../rehearsal/github/jobs";
import { statusOf } from "../../../../rehearsal/github/runs";
import { conclusion, conclusions, REPOSITORY, Simulated } from "./fixture";

const steps = (...scripts: string[]) => `    steps: [${scripts.map((script) => `run: ${script}`).join(", ")}]\n`;
/** Starts a machine, uses it, and stops it in any case. */
const WORKFLOW = `on: push
jobs:
  start:
    runs-on: ubuntu-latest
    outputs: {id: '\${{ steps.id.outputs.id }}'}
    steps:
      - {id: id, run: output id=i-1}
      - run: sleep 60
      - {if: always(), run: sleep 5}
  e2e:
    needs: start
    runs-on: ubuntu-latest
${steps("sleep 600")}  stop:
    needs: [start, e2e]
    if: always() && needs.start.outputs.id != ''
    runs-on: ubuntu-latest
${steps("sleep 20")}`;

describe("the cancellation and the re-run of a run in the GitHub stand-in", () => {
  let simulated: Simulated;

  beforeEach(() => {
    simulated = new Simulated();
    simulated.github.registerToken("token", ["acme", REPOSITORY]);
  });
  afterEach(() => simulated.close());

  const post = async (path: string) => {
    const { status, body } = await simulated.github.request({
      method: "POST",
      host: "api.github.com",
      path: `/repos/${REPOSITORY}/actions/${path}`,
      query: new URLSearchParams(),
      origin: "https://api.github.com",
      apiVersion: "2022-11-28",
      ifNoneMatch: "",
      authorization: "token token",
      body: {},
      signal: new AbortController().signal,
    });
    return [status, (body as { message?: string }).message];
  };
  const cancel = (run: Readonly<Run>, kind = "cancel") => post(`runs/${run.id}/${kind}`);

  it("runs the always() step of the job that it ends, and the job that stops the machine", async () => {
    const run = await simulated.begin(WORKFLOW);
    await simulated.after(30);
    assert.deepEqual(await cancel(run), [202, undefined]);
    await simulated.settled();
    assert.deepEqual(conclusions(run), { start: "cancelled", e2e: "skipped", stop: "success" });
    assert.deepEqual(simulated.log, ["0 start begins", "35 start ends", "35 stop begins", "55 stop ends"]);
    assert.equal(conclusion(run), "cancelled");
    assert.deepEqual(await cancel(run), [409, "Cannot cancel a workflow run that is completed."]);
  });

  it("never cancels a job at work whose condition still holds: the one that stops the machine goes on", async () => {
    const run = await simulated.begin(WORKFLOW);
    await simulated.after(670);
    await cancel(run);
    await simulated.settled();
    assert.deepEqual(conclusions(run), { start: "success", e2e: "success", stop: "success" });
    assert.equal(conclusion(run), "cancelled");
  });

  it("ends everything at once by force, and begins nothing more", async () => {
    const run = await simulated.begin(WORKFLOW);
    await simulated.after(670);
    await cancel(run, "force-cancel");
    assert.deepEqual(conclusions(run), { start: "success", e2e: "success", stop: "cancelled" });
    assert.equal(statusOf(run as Run), "completed");
    await simulated.settled();
  });

  it("ends a job that does not end itself within five minutes", async () => {
    const text = `on: push\njobs:\n  slow:\n    runs-on: ubuntu-latest\n    steps:\n      - run: sleep 60\n      - {if: always(), run: sleep 3000}\n`;
    const run = await simulated.begin(text);
    await simulated.after(10);
    await cancel(run);
    await simulated.settled();
    assert.deepEqual(simulated.log, ["0 slow begins", "310 slow ends"]);
    assert.deepEqual(conclusions(run), { slow: "cancelled" });
  });

  it("ends a job that waits for a runner immediately", async () => {
    const run = await simulated.begin(`on: push\njobs:\n  own:\n    runs-on: [self-hosted, big]\n${steps("echo")}`);
    await cancel(run);
    assert.deepEqual([conclusions(run), conclusion(run)], [{ own: "cancelled" }, "cancelled"]);
  });

  it("ends a job that no runner has taken for a day, and not before: `timeout-minutes` does not run while it is queued", async () => {
    const text = `on: push
jobs:
  own:
    runs-on: [self-hosted, gone]
    timeout-minutes: 5
${steps("echo")}  stop:
    needs: own
    if: always()
    runs-on: ubuntu-latest
${steps("echo")}`;
    const run = await simulated.begin(text);
    await simulated.after(24 * 3600 - 1);
    assert.deepEqual(
      run.jobs.map(({ state }) => state),
      ["queued"],
    );
    await simulated.settled();
    assert.deepEqual(conclusions(run), { own: "cancelled", stop: "success" });
    assert.match(run.jobs[0]!.detail!, /no runner with its labels has taken it within 24 hours/);
  });

  it("ends a hosted job after six hours, whatever its timeout-minutes says", async () => {
    const run = await simulated.run(
      `on: push\njobs:\n  long:\n    runs-on: ubuntu-latest\n    timeout-minutes: 1000\n${steps("sleep 30000")}`,
    );
    assert.deepEqual([conclusions(run), simulated.log[1]], [{ long: "cancelled" }, "21600 long ends"]);
  });

  const FAILING = `on: push
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: {x: '\${{ steps.s.outputs.x }}'}
    steps: [{id: s, run: 'output x=of attempt \${{ github.run_attempt }}'}]
  second:
    needs: first
    runs-on: ubuntu-latest
    strategy: {fail-fast: false, matrix: {n: [1, 2]}}
    steps: [run: '\${{ matrix.n == 2 && github.run_attempt == 1 && ''fail'' || ''echo'' }}']
  third:
    needs: [first, second]
    runs-on: ubuntu-latest
    outputs: {x: '\${{ steps.s.outputs.x }}'}
    steps: [{id: s, run: 'output x=\${{ needs.first.outputs.x }}'}]
`;

  it("runs again what failed and what needs it, with the outputs of the jobs that succeeded", async () => {
    const run = await simulated.run(FAILING);
    const before = new Map(run.jobs.map((job) => [job.spec.name, job.number]));
    assert.deepEqual(await post(`runs/${run.id}/rerun-failed-jobs`), [201, undefined]);
    assert.notEqual(statusOf(run as Run), "completed");
    await simulated.settled();
    const same = run.jobs.filter((job) => before.get(job.spec.name) === job.number).map(({ spec }) => spec.name);
    assert.deepEqual(same.sort(), ["first", "second (1)"]);
    assert.deepEqual(conclusions(run), { first: "success", "second (1)": "success", "second (2)": "success", third: "success" });
    assert.equal(run.jobs.find(({ spec }) => spec.name === "third")!.outputs!.x, "of attempt 1");
    assert.deepEqual([run.attempt, conclusion(run)], [2, "success"]);
  });

  it("runs everything again as a new attempt, with new ids", async () => {
    const run = await simulated.run(FAILING);
    const before = run.jobs.map(({ number }) => number);
    await post(`runs/${run.id}/rerun`);
    await simulated.settled();
    assert.equal(run.jobs.length, 4);
    assert.ok(run.jobs.every(({ number }) => !before.includes(number)));
    assert.equal(run.jobs.find(({ spec }) => spec.name === "third")!.outputs!.x, "of attempt 2");
  });

  it("runs one job again with those that need it", async () => {
    const run = await simulated.run(FAILING.replaceAll("'fail'", "'echo'"));
    const first = run.jobs.find(({ spec }) => spec.name === "second (1)")!;
    assert.deepEqual(await post(`jobs/${first.number}/rerun`), [201, undefined]);
    await simulated.settled();
    const again = run.jobs.filter(({ attempt }) => attempt === 2).map(({ spec }) => spec.name);
    assert.deepEqual(again.sort(), ["second (1)", "third"]);
  });

  it("cannot run again what has not ended", async () => {
    const run = await simulated.begin(WORKFLOW);
    assert.deepEqual(await post(`runs/${run.id}/rerun`), [403, "This workflow is already running"]);
    await simulated.settled();
  });
});
