import assert from "node:assert/strict";
import type { Runner } from "../../../../functions/shared/github/runners";
import { Continuity } from "../../../../functions/actions-runner-pool/sweep/continuity";
import { SweepHarness, activity, id, offline } from "../../support/sweep-harness";

describe("sweep of retained instances", () => {
  let harness: SweepHarness;
  /** Calls to GitHub for single runners. */
  let lookups: string[];

  beforeEach(() => {
    harness = new SweepHarness();
    harness.members = [{ instanceId: id(1), lifecycleState: "Terminating:Retained" }];
    harness.activities = [[activity(id(1), 600, "Failed"), activity(id(1), 900, "Successful", LAUNCH)]];
    lookups = [];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      find: async (name, signal) => {
        lookups.push(`find ${name}`);
        return gitHub.find(name, signal);
      },
      get: async (runner, signal) => {
        lookups.push(`get ${runner}`);
        return gitHub.get(runner, signal);
      },
    });
  });

  const LAUNCH = "Launching a new EC2 instance";
  const reasons = () => harness.observer.lines.filter(({ message }) => /is kept/.test(message)).map(({ fields }) => String(fields.because));
  const busy = (n: number): Runner => ({ ...offline(n), busy: true });

  it("terminates an instance whose runner was offline and idle at every look for 15 minutes, with two calls at most", async () => {
    harness.runners = [[offline(1)]];
    await harness.run();
    await harness.runFor(10);
    assert.deepEqual(harness.acts, []);
    await harness.runFor(5);
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
    assert.deepEqual(lookups, ["get 1"]);
  });

  it("keeps an instance whose host fell silent only now, however long ago its termination began", async () => {
    harness.runners = [[offline(1)]];
    await harness.run();
    assert.deepEqual(harness.acts, []);
    assert.match(reasons()[0] ?? "", /not been silent for 15 minutes/);
  });

  for (const [what, meanwhile] of [
    ["was online", { ...offline(1), online: true }],
    ["had a job", busy(1)],
  ] as const) {
    it(`begins to measure the silence again when the runner ${what} in between`, async () => {
      harness.runners = [[offline(1)]];
      await harness.run();
      await harness.runFor(5);
      harness.runners = [[meanwhile]];
      await harness.runFor(5);
      harness.runners = [[offline(1)]];
      await harness.runFor(15);
      assert.deepEqual(harness.acts, []);
      await harness.runFor(5);
      assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
    });
  }

  it("begins to measure the silence again in a new process, because nothing is known about the time before", async () => {
    harness.runners = [[offline(1)]];
    await harness.run();
    await harness.runFor(10);
    harness.ports.silences = new Continuity();
    await harness.runFor(15);
    assert.deepEqual(harness.acts, []);
    await harness.runFor(5);
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
  });

  it("keeps an instance that GitHub does not list, because its runner may have a job in another organization", async () => {
    await harness.run();
    await harness.runFor(60);
    assert.deepEqual(harness.acts, []);
    assert.equal(harness.observer.counts.RetainedInstances, 13, "one in each sweep, so that the alarm stays");
    assert.match(reasons().at(-1) ?? "", /lists no runner of its name/);
  });

  it("keeps an instance whose runner is removed at GitHub just before the decision", async () => {
    harness.runners = [[offline(1)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, get: async () => undefined });
    await harness.run();
    await harness.runFor(30);
    assert.deepEqual(harness.acts, []);
  });

  const failed: [string, () => void][] = [
    ["failed", () => (harness.activities = [[activity(id(1), 600), activity(id(1), 900, "Failed", LAUNCH)]])],
    ["was cancelled", () => (harness.activities = [[activity(id(1), 600)], [activity(id(1), 900, "Cancelled", LAUNCH)]])],
    [
      "from the warm pool failed",
      () =>
        (harness.activities = [
          [activity(id(1), 600, "Failed", `${LAUNCH} from warm pool`), activity(id(1), 900, "Successful", `${LAUNCH} into warm pool`)],
        ]),
    ],
  ];
  for (const [how, arrange] of failed) {
    it(`terminates an instance without a runner whose launch ${how}: it never had a job`, async () => {
      arrange();
      await harness.run();
      await harness.runFor(10);
      assert.deepEqual(harness.acts, []);
      await harness.runFor(5);
      assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
    });
  }

  it("keeps an instance without a runner that served before its last launch failed", async () => {
    harness.activities = [
      [
        activity(id(1), 600, "Failed", `${LAUNCH} from warm pool`),
        activity(id(1), 700, "Successful", "Returning EC2 instance to warm pool"),
        activity(id(1), 900, "Successful", `${LAUNCH} from warm pool`),
        activity(id(1), 950, "Successful", `${LAUNCH} into warm pool`),
      ],
    ];
    await harness.run();
    await harness.runFor(30);
    assert.deepEqual(harness.acts, []);
  });

  it("keeps an instance without a runner while its launch cannot be found in the history", async () => {
    harness.activities = [[activity(id(1), 600, "Failed")]];
    await harness.run();
    await harness.runFor(30);
    assert.deepEqual(harness.acts, []);
  });

  const keep: [string, RegExp, () => void][] = [
    ["runs a job according to GitHub", /counts a job/, () => (harness.runners = [[busy(1)]])],
    ["is online and may take a job", /online/, () => (harness.runners = [[{ ...offline(1), online: true }]])],
    [
      "got a job that the list does not show yet",
      /counts a job/,
      () => {
        harness.runners = [[offline(1)]];
        const gitHub = harness.ports.gitHub();
        harness.ports.gitHub = () => ({ ...gitHub, get: async () => busy(1) });
      },
    ],
  ];
  for (const [what, because, arrange] of keep) {
    it(`keeps and reports an instance that ${what}`, async () => {
      arrange();
      await harness.run();
      await harness.runFor(30);
      assert.deepEqual(harness.acts, []);
      assert.equal(harness.observer.counts.RetainedInstances, 7);
      assert.ok(reasons().some((reason) => because.test(reason)));
    });
  }

  it("asks Auto Scaling for no termination that it refuses: a retained member of the warm pool is only reported", async () => {
    harness.members = [{ instanceId: id(1), lifecycleState: "Warmed:Pending:Retained" }];
    harness.runners = [[offline(1)]];
    await harness.run();
    await harness.runFor(30);
    assert.deepEqual([harness.acts, lookups], [[], []]);
    assert.match(reasons()[0] ?? "", /only EC2 can terminate it/);
  });

  it("looks up a runner that the listing missed because its pages shifted", async () => {
    harness.runners = [[busy(1)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      async *pages() {
        yield [];
      },
    });
    await harness.run();
    assert.deepEqual(lookups, [`find ${id(1)}`]);
    assert.match(reasons()[0] ?? "", /counts a job/);
  });

  it("makes at most 20 single calls in a sweep, however many instances an outage has left, and all of them go in the end", async () => {
    harness.members = Array.from({ length: 50 }, (_, n) => ({ instanceId: id(n + 1), lifecycleState: "Terminating:Retained" }));
    harness.runners = [harness.members.map((_, n) => offline(n + 1))];
    await harness.run();
    await harness.runFor(10);
    assert.deepEqual(lookups, [], "the list answers for all");
    await harness.runFor(5);
    assert.equal(lookups.length, 20);
    assert.equal(harness.acts.length, 20);
    for (let sweep = 0; sweep < 2; sweep++) {
      harness.members = harness.members.filter(({ instanceId }) => !harness.acts.includes(`terminate ${instanceId}`));
      await harness.runFor(5);
    }
    assert.equal(new Set(harness.acts).size, 50);
  });

  it("lets instances without a listed runner not take the calls that others need, with and without a list", async () => {
    const gitHub = harness.ports.gitHub();
    for (const hasSlot of [true, false]) {
      harness.acts.length = 0;
      harness.ports.silences = new Continuity();
      harness.members = Array.from({ length: 50 }, (_, n) => ({ instanceId: id(n + 1), lifecycleState: "Terminating:Retained" }));
      harness.runners = [[offline(45)]];
      harness.ports.gitHub = () => ({
        ...gitHub,
        async *pages(_signal, shouldList) {
          if (hasSlot || shouldList!(1_000_000_000)) yield* harness.runners;
        },
      });
      await harness.run();
      await harness.runFor(hasSlot ? 15 : 60);
      assert.deepEqual([...new Set(harness.acts)], [`terminate ${id(45)}`]);
    }
  });

  it("leaves the last fifth of GitHub's hourly quota to launches", async () => {
    harness.runners = [[offline(1)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, remainingQuota: () => 0.19 });
    await harness.run();
    await harness.runFor(30);
    assert.deepEqual([lookups, harness.acts], [[], []]);
  });

  it("looks up single runners in a sweep without a slot for a long listing", async () => {
    harness.runners = [[offline(1)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      async *pages(_signal, shouldList) {
        if (shouldList!(1_000_000_000)) yield [];
      },
    });
    await harness.run();
    await harness.runFor(15);
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
  });

  it("keeps an instance while GitHub is unreachable, calls it no further, and still raises the alarm", async () => {
    harness.ports.gitHub = () => {
      lookups.push("GitHub");
      throw new Error("GitHub is down");
    };
    await harness.run();
    assert.deepEqual(harness.acts, []);
    assert.deepEqual(lookups, ["GitHub"]);
    assert.equal(harness.observer.counts.RetainedInstances, 1);
  });
});
