import assert from "node:assert/strict";
import { mock } from "node:test";
import type { PoolContext } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-context";
import { reportProgress } from "../../../../rehearsal/scenarios/actions-runner-pool/progress";
import { Timeline } from "../../../../rehearsal/timeline";

const STATE = "... 1 of 2 instance(s) in service, 1 job(s) running, 1 waiting";

describe("the progress of a rehearsal", () => {
  let lines: string[];
  let given: PoolContext;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    lines = [];
    const timeline = new Timeline(() => 0);
    timeline.record({ kind: "job", job: "a", change: "queued" });
    const group = { members: () => ["i-1", "i-2"], inService: () => ["i-1"] };
    const jobs = { runningOn: (instance: string) => (instance === "i-2" ? "b" : undefined) };
    given = { timeline, group, jobs, say: (line: string) => void lines.push(line) } as unknown as PoolContext;
  });
  afterEach(() => mock.timers.reset());

  it("is a line for every 10 s without another, or a wait would look like a hang", () => {
    const { context, stop } = reportProgress(given);
    mock.timers.tick(9_000);
    context.say("queued 1 job(s)");
    mock.timers.tick(9_000);
    assert.deepEqual(lines, ["queued 1 job(s)"]);
    mock.timers.tick(1_000);
    mock.timers.tick(10_000);
    assert.deepEqual(lines, ["queued 1 job(s)", STATE, STATE]);
    stop();
    mock.timers.tick(60_000);
    assert.equal(lines.length, 3);
  });

  it("is silent while the operator inspects the machines, and goes on after that", async () => {
    let release = (): void => undefined;
    given.linger = () => new Promise((resolve) => (release = resolve));
    const { context, stop } = reportProgress(given);
    const lingering = context.linger!([]);
    mock.timers.tick(60_000);
    assert.deepEqual(lines, []);
    release();
    await lingering;
    mock.timers.tick(10_000);
    assert.deepEqual(lines, [STATE]);
    stop();
  });
});
