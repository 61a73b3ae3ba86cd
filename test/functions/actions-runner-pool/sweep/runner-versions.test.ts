import assert from "node:assert/strict";
import { GitHubError } from "../../../../functions/shared/github/error";
import type { Runner } from "../../../../functions/shared/github/runners";
import { VersionMemory } from "../../../../functions/actions-runner-pool/sweep/version-memory";
import { NOW, SweepHarness, activity, id, offline } from "../../support/sweep-harness";

const DAY = 24 * 3600_000;
const inDays = (days: number) => new Date(NOW + days * DAY);
const runner = (n: number, version: string): Runner => ({ ...offline(n), online: true, version });

describe("the sweep's check of the runner's versions", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
    harness.runnerVersion = "2.350.0";
    const members = [1, 2].map(id);
    harness.listed = members;
    harness.members = members.map((instanceId) => ({ instanceId, lifecycleState: "InService" }));
    harness.runners = [[runner(1, "2.350.0"), runner(2, "2.350.0")]];
  });

  const counted = () => harness.observer.counts.ExpiringRunnerVersions;
  const lines = (pattern: RegExp) => harness.observer.lines.filter(({ message }) => pattern.test(message));
  const useRunners = (versions: string[]) => {
    harness.listed = versions.map((_, n) => id(n + 1));
    harness.members = harness.listed.map((instanceId) => ({ instanceId, lifecycleState: "InService" }));
    harness.runners = [versions.map((version, n) => runner(n + 1, version))];
  };

  it("reports the installed version ten days before it gets no more jobs, while there is time to move the pin", async () => {
    harness.schedules = { "2.350.0": { runtimeEnds: inDays(9.9) } };
    await harness.run();
    assert.equal(counted(), 1);
    const [line] = lines(/ends a version of the runner within 10 days/);
    const jobsUntil = inDays(9.9).toISOString();
    assert.deepEqual(line?.fields, { version: "2.350.0", installed: true, jobsUntil, registrationsUntil: undefined });
  });

  const reported: [string, object, number][] = [
    ["a version that has ended already, which a stack without deployments would otherwise keep", { runtimeEnds: inDays(-40) }, 1],
    ["a version that can soon not be registered, so that every launch would fail", { registrationEnds: inDays(9) }, 1],
    ["nothing more than ten days ahead, or the alarm would be on for most of a version's life", { runtimeEnds: inDays(10.1) }, 0],
    ["nothing for a version without a planned end", {}, 0],
  ];
  for (const [what, schedule, expected] of reported) {
    it(`reports ${what}`, async () => {
      harness.schedules = { "2.350.0": schedule };
      await harness.run();
      assert.equal(counted(), expected);
      assert.equal(lines(/ends a version of the runner within 10 days/).length, expected);
    });
  }

  it("reports an old version that a runner still has, because its updates are off or fail, also if none is installed", async () => {
    harness.runnerVersion = undefined;
    useRunners(["2.350.0", "2.349.1"]);
    harness.schedules = { "2.350.0": {}, "2.349.1": { runtimeEnds: inDays(3) } };
    await harness.run();
    assert.equal(counted(), 1);
    const [line] = lines(/ends a version of the runner within 10 days/);
    assert.deepEqual([line?.fields.version, line?.fields.installed], ["2.349.1", false]);
  });

  it("never counts the versions of another pool's runners, nor asks about them", async () => {
    harness.runners = [[runner(1, "2.350.0"), runner(77, "2.300.0"), { ...runner(78, "2.301.0"), name: "build-box" }]];
    harness.schedules = { "2.350.0": {}, "2.300.0": { runtimeEnds: inDays(-1) } };
    await harness.run();
    assert.deepEqual([counted(), harness.lookedUp], [0, ["2.350.0"]]);
  });

  it("makes one call for each version in six hours, however many runners have it, and publishes in every sweep", async () => {
    useRunners(["2.350.0", "2.350.0", "2.351.0"]);
    harness.schedules = { "2.350.0": { runtimeEnds: inDays(5) }, "2.351.0": {} };
    await harness.run();
    await harness.runFor(6 * 60 - 5);
    assert.deepEqual(harness.lookedUp, ["2.350.0", "2.351.0"]);
    assert.equal(counted(), 72);
    await harness.runFor(5);
    assert.deepEqual(harness.lookedUp, ["2.350.0", "2.351.0", "2.350.0", "2.351.0"]);
  });

  it("raises the count when the ten days begin between two lookups", async () => {
    harness.schedules = { "2.350.0": { runtimeEnds: new Date(NOW + 10 * DAY + 3 * 60_000) } };
    await harness.run();
    assert.equal(counted(), 0);
    await harness.runFor(5);
    assert.deepEqual([counted(), harness.lookedUp.length], [1, 1]);
  });

  it("is not exhausted by a job that makes its runner report another version in each sweep", async () => {
    harness.schedules = { "2.350.0": { runtimeEnds: inDays(5) } };
    for (let n = 0; n < 60; n++) {
      useRunners([`1.${n}.0`, `1.${n}.1`, "../../../x", "2.350.0"]);
      await harness.runFor(5);
    }
    assert.equal(harness.lookedUp.length, 5);
    assert.deepEqual([harness.lookedUp[0], counted()], ["2.350.0", 60]);
  });

  it("asks no further version in a sweep in which GitHub refused one, only in the next: each call could take 16 s of that sweep", async () => {
    const broken = new GitHubError("GET /x: 502 Server Error", 502);
    useRunners(["2.350.0", "2.349.1"]);
    harness.schedules = { "2.350.0": broken, "2.349.1": { runtimeEnds: inDays(3) } };
    await harness.run();
    assert.deepEqual([harness.lookedUp, counted()], [["2.350.0"], undefined]);
    await harness.runFor(5);
    assert.deepEqual([harness.lookedUp, counted()], [["2.350.0", "2.349.1"], 1]);
  });

  it("comes after all repairs and reports, so that a slow lookup delays none of them", async () => {
    harness.runners = [[runner(1, "2.350.0"), offline(9)]];
    harness.activities = [[activity(id(9), 30)]];
    let before: unknown;
    const { gitHub } = harness.ports;
    harness.ports.gitHub = () => ({
      ...gitHub(),
      versionSchedule: async (version, signal) => {
        before = [[...harness.acts], harness.observer.counts.UnregisteredInstances];
        return gitHub().versionSchedule(version, signal);
      },
    });
    await harness.run();
    assert.deepEqual(before, [["remove 9"], 1]);
  });

  const silent: [string, () => void, RegExp][] = [
    ["GitHub does not know the version, or is an Enterprise Server without the route", () => undefined, /says nothing about the end/],
    [
      "the App may not read it",
      () => (harness.schedules = { "2.350.0": new GitHubError("GET /x: 403 Resource not accessible by integration", 403) }),
      /could not be read/,
    ],
    ["GitHub is broken", () => (harness.schedules = { "2.350.0": new GitHubError("GET /x: 502 Server Error", 502) }), /could not be read/],
  ];
  for (const [what, arrange, message] of silent) {
    it(`publishes nothing, not even zero, and fails nothing, if ${what}`, async () => {
      arrange();
      await harness.run();
      await harness.runFor(60);
      assert.deepEqual([counted(), harness.observer.counts.SweepErrors, harness.lookedUp.length], [undefined, undefined, 1]);
      assert.equal(lines(message).length, 1);
      assert.equal(harness.observer.counts.UnregisteredInstances, 0, "the parts after it run");
    });
  }

  it("keeps an alarm while a later lookup fails", async () => {
    harness.schedules = { "2.350.0": { runtimeEnds: inDays(5) } };
    await harness.run();
    harness.schedules = { "2.350.0": new GitHubError("GET /x: 502 Server Error", 502) };
    await harness.runFor(6 * 60);
    assert.deepEqual([counted(), harness.lookedUp.length], [73, 2]);
  });

  it("asks nothing when the runners could not be listed or little of the hourly quota is left, and asks later", async () => {
    harness.schedules = { "2.350.0": { runtimeEnds: inDays(5) } };
    const gitHub = harness.ports.gitHub;
    harness.ports.gitHub = () => ({ ...gitHub(), pages: () => assert.fail("GitHub is down") });
    await harness.run();
    harness.ports.gitHub = () => ({ ...gitHub(), remainingQuota: () => 0.19 });
    await harness.runFor(5);
    assert.deepEqual([counted(), harness.lookedUp], [undefined, []]);
    harness.ports.gitHub = gitHub;
    await harness.runFor(5);
    assert.deepEqual([counted(), harness.lookedUp], [1, ["2.350.0"]]);
  });

  it("keeps counting a runner's old version in sweeps that list no runners, or its alarm would end with each of them", async () => {
    useRunners(["2.350.0", "2.349.1"]);
    harness.schedules = { "2.350.0": {}, "2.349.1": { runtimeEnds: inDays(3) } };
    await harness.run();
    const gitHub = harness.ports.gitHub;
    harness.ports.gitHub = () => ({
      ...gitHub(),
      async *pages(_signal, shouldList) {
        if (shouldList?.(500)) yield [];
      },
    });
    harness.observer.counts.ExpiringRunnerVersions = 0;
    harness.now = NOW + 3 * 5 * 60_000;
    for (let n = 0; n < 20; n++) await harness.runFor(5);
    assert.equal(counted(), 20);
  });

  it("looks up again after a cold start, and then no oftener than before", async () => {
    harness.schedules = { "2.350.0": {} };
    await harness.run();
    harness.ports.versions = new VersionMemory();
    await harness.runFor(60);
    assert.equal(harness.lookedUp.length, 2);
  });
});
