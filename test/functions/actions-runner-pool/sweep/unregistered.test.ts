import assert from "node:assert/strict";
import type { Runner } from "../../../../functions/shared/github/runners";
import { NAMES } from "../../support/events";
import { SweepHarness, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep of unregistered instances", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  const LAUNCH = "Launching a new EC2 instance";
  const FOUND = /in service without a runner/;
  const reported = () => harness.observer.lines.filter(({ message }) => FOUND.test(message)).map(({ fields }) => fields.instanceId);
  const online = (n: number): Runner => ({ ...offline(n), online: true });
  let lookups: string[];

  beforeEach(() => {
    harness.members = [{ instanceId: id(1), lifecycleState: "InService" }];
    harness.activities = [[{ ...activity(id(1), 30, "Successful", LAUNCH), endedAt: ago(25) }]];
    harness.listed = [id(1)];
    lookups = [];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      find: async (name, signal) => {
        lookups.push(name);
        return gitHub.find(name, signal);
      },
    });
  });

  const withoutRunner: [string, () => void, object][] = [
    ["was removed at GitHub", () => undefined, { runner: "not registered", busy: false, inServiceSince: ago(25).toISOString() }],
    ["is offline", () => (harness.runners = [[offline(1)]]), { runner: "offline", busy: false, inServiceSince: ago(25).toISOString() }],
    [
      "is offline with a job, which must not be killed",
      () => (harness.runners = [[{ ...offline(1), busy: true }]]),
      { runner: "offline", busy: true, inServiceSince: ago(25).toISOString() },
    ],
    [
      "was removed so late that the launch is no longer in the history",
      () => (harness.activities = []),
      { runner: "not registered", busy: false, inServiceSince: undefined },
    ],
  ];
  for (const [what, arrange, fields] of withoutRunner) {
    it(`reports an instance whose runner ${what}, and terminates nothing`, async () => {
      arrange();
      await harness.run();
      assert.equal(harness.observer.counts.UnregisteredInstances, 1);
      assert.deepEqual(harness.observer.lines.find(({ message }) => FOUND.test(message))?.fields, { instanceId: id(1), ...fields });
      assert.deepEqual(harness.acts, []);
    });
  }

  const fine: [string, () => void][] = [
    ["has its runner online", () => (harness.runners = [[online(1)]])],
    ["has its runner online on a later page", () => (harness.runners = [[offline(2)], [online(1)]])],
    ["entered service a moment ago, however long its launch took", () => (harness.activities[0]![0]!.endedAt = ago(9))],
    [
      "left the warm pool a moment ago",
      () => harness.activities[0]!.unshift({ ...activity(id(1), 3, "Successful", `${LAUNCH} from warm pool`), endedAt: ago(2) }),
    ],
    ["began to drain while the runners were listed", () => (harness.listed = [])],
    ...(["Pending:Wait", "Warmed:Stopped", "Terminating:Wait", "Terminating:Retained", "Standby"] as const).map(
      (state): [string, () => void] => [
        `is in ${state}`,
        () => {
          harness.members[0]!.lifecycleState = state;
          harness.secrets = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(3) }];
        },
      ],
    ),
  ];
  for (const [what, arrange] of fine) {
    it(`does not report an instance that ${what}`, async () => {
      arrange();
      await harness.run();
      assert.equal(harness.observer.counts.UnregisteredInstances, 0);
      assert.deepEqual(reported(), []);
    });
  }

  it("does not mistake another instance's runner for this one's", async () => {
    harness.runners = [[online(2), { ...online(3), name: `${id(1)}0` }]];
    await harness.run();
    assert.deepEqual(reported(), [id(1)]);
  });

  it("does not report an instance whose runner the listing missed because its pages shifted", async () => {
    harness.runners = [[online(1)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      async *pages() {
        yield [];
      },
    });
    await harness.run();
    assert.equal(harness.observer.counts.UnregisteredInstances, 0);
    assert.deepEqual(lookups, [id(1)]);
  });

  it("makes one listing and at most ten single lookups, however many instances have no runner", async () => {
    harness.listed = Array.from({ length: 40 }, (_, n) => id(100 + n));
    harness.members = harness.listed.map((instanceId) => ({ instanceId, lifecycleState: "InService" }));
    let listings = 0;
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      pages: (signal) => {
        listings += 1;
        return gitHub.pages(signal);
      },
    });
    await harness.run();
    assert.equal(harness.observer.counts.UnregisteredInstances, 40);
    assert.deepEqual([listings, lookups.length], [1, 10]);
  });

  it("reads no history and looks up no single runner while every runner is online", async () => {
    harness.runners = [[online(1)]];
    await harness.run();
    assert.deepEqual([harness.historyPages, lookups], [0, []]);
  });

  it("publishes no count, not even zero, when GitHub is unreachable", async () => {
    harness.ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await harness.run();
    assert.equal(harness.observer.counts.UnregisteredInstances, undefined);
    assert.deepEqual(reported(), []);
  });

  it("counts no instance when only part of the history could be read", async () => {
    harness.ports.activities = async function* () {
      yield [];
      throw new Error("throttled");
    };
    await harness.run();
    assert.equal(harness.observer.counts.UnregisteredInstances, 0);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });
});
