import assert from "node:assert/strict";
import { endedMark } from "../../../../functions/actions-runner-pool/shared/ended-mark";
import { GitHubRunners } from "../../../../functions/shared/github/runners";
import { GitHubTransport } from "../../../../functions/shared/github/transport";
import { ORGANIZATION, register, serveGitHub, type ServedGitHub, TOKEN } from "../../../rehearsal/github/fixture";
import { SweepHarness, activity, ago, id } from "../../support/sweep-harness";

/** The sweep and its client against the GitHub stand-in; a thief elsewhere holds the credentials of an ended instance's runner. */
describe("stolen credentials of a runner", () => {
  let served: ServedGitHub;
  let harness: SweepHarness;
  let runnerId: number;
  let sessionId: string;

  beforeEach(async () => {
    served = await serveGitHub();
    ({ runnerId } = await register(served, id(1)));
    ({ sessionId } = served.github.protocol.createSession({ runnerId }));
    harness = new SweepHarness();
    const account = { apiUrl: served.api, scope: { organization: ORGANIZATION }, credentials: { tokenSecret: "token" } };
    const client = new GitHubRunners(new GitHubTransport(account, async () => TOKEN), account.scope);
    harness.ports.gitHub = () => client;
  });
  afterEach(() => served.close());

  const poll = (status: "Online" | "Busy") => served.github.protocol.poll({ sessionId, status, waitMs: 1 });
  const steal = async (): Promise<string> => {
    const jobId = served.github.queueJob({ name: "stolen", labels: ["pool"] });
    assert.equal((await poll("Online"))?.messageType, "RunnerJobRequest");
    served.github.protocol.acquire({ runnerId, jobId });
    return jobId;
  };

  it("bring a thief who is busy no further job, and nothing after the job that he has", async () => {
    harness.activities = [[{ ...activity(id(1), 60), endedAt: ago(30) }]];
    const jobId = await steal();
    await harness.run();
    assert.deepEqual([harness.observer.counts.ImpostorRunners, harness.observer.counts.OrphanRunners], [1, 0]);

    served.github.protocol.complete({ jobId, result: "Succeeded" });
    const next = served.github.queueJob({ name: "next", labels: ["pool"] });
    assert.equal(await poll("Online"), undefined);
    assert.equal(served.github.job(next).state, "queued");

    await harness.runFor(5);
    assert.equal(harness.observer.counts.OrphanRunners, 1);
    assert.deepEqual(served.github.runners(), []);
    await assert.rejects(poll("Online"));
    assert.throws(() => served.github.protocol.createSession({ runnerId }), /registration has been deleted/);
    assert.equal(served.github.job(next).state, "queued", "for a runner of the pool");
  });

  it("bring a thief who is idle no job from the first sweep on, and nothing at all 15 minutes after the instance's end", async () => {
    harness.activities = [[{ ...activity(id(1), 60), endedAt: ago(3) }]];
    await harness.run();
    const next = served.github.queueJob({ name: "next", labels: ["pool"] });
    assert.equal(await poll("Online"), undefined);
    await harness.runFor(10);
    assert.equal(served.github.runners().length, 1, "until then GitHub may only not have noticed the end");
    await harness.runFor(5);
    assert.deepEqual(served.github.runners(), []);
    assert.equal(harness.observer.counts.ImpostorRunners, 1);
    assert.equal(served.github.job(next).state, "queued");
  });

  it("bring a thief nothing who stays busy until the group's history has forgotten the instance, for which one sweep's mark is enough", async () => {
    harness.activities = [[{ ...activity(id(1), 60), endedAt: ago(30) }]];
    const jobId = await steal();
    await harness.run();
    for (const forgotten of [
      Array.from({ length: 40 }, (_, page) => [activity(id(1000 + page), page)]),
      [[activity(id(7), 0)], [activity(id(8), 60 * 24 * 60)]],
      [],
    ]) {
      harness.activities = forgotten;
      const before = harness.observer.counts.ImpostorRunners;
      await harness.runFor(5);
      assert.equal(harness.observer.counts.ImpostorRunners, before! + 1);
    }
    served.github.protocol.complete({ jobId, result: "Succeeded" });
    await harness.runFor(5);
    assert.deepEqual(served.github.runners(), []);
    assert.equal(harness.observer.counts.OrphanRunners, 1);
    assert.equal(harness.observer.counts.SweepErrors, undefined);
  });

  it("are found out after an outage of more than 15 days, because GitHub keeps the runner of a thief who is online", async () => {
    harness.activities = [[activity(id(7), 0)], [activity(id(8), 16 * 24 * 60)], [activity(id(1), 40 * 24 * 60)]];
    await harness.run();
    assert.deepEqual(served.github.runners(), []);
  });

  it("never lead to the removal of a runner of another account whose pool has marked it, or of one that nobody has marked", async () => {
    const mark = endedMark("another-pool", ago(60).getTime());
    const foreign = await register(served, id(2), [mark]);
    const { runnerId: unmarked } = await register(served, id(3));
    for (const one of [foreign.runnerId, unmarked]) served.github.protocol.createSession({ runnerId: one });
    harness.activities = [[activity(id(9), 60)]];
    await harness.run();
    assert.deepEqual(served.github.runners().length, 3);
    assert.equal(harness.observer.counts.ImpostorRunners, undefined);
  });

  it("are worthless to a thief where GitHub's server ignores the name filter, pages are small and the runner is on the last", async () => {
    Object.assign(served.github.options, { filtersByName: false, largestPage: 30 });
    for (let other = 0; other < 65; other++) await register(served, `i-other-${other}`);
    await register(served, id(2));
    harness.activities = [[{ ...activity(id(2), 60), endedAt: ago(30) }]];
    await harness.run();
    assert.ok(!served.github.runners().some(({ name }) => name === id(2)));
    assert.equal(harness.observer.counts.OrphanRunners, 1);
  });
});
