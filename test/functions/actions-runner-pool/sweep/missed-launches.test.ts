import assert from "node:assert/strict";
import { NAMES } from "../../support/events";
import { NOW, SweepHarness, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep of missed launches", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  const provided = (n: number) => `put ${NAMES.secretPrefix}${id(n)} for AROAEXAMPLE:${id(n)}`;
  beforeEach(() => {
    harness.members = [{ instanceId: id(1), lifecycleState: "Pending:Wait" }];
    harness.activities = [[activity(id(1), 5, "MidLifecycleAction", "Launching a new EC2 instance")]];
  });

  it("provides a token when the launch event was lost, so that the launch is not abandoned", async () => {
    await harness.run();
    assert.deepEqual(harness.acts, [provided(1)]);
    assert.match(harness.observer.messages("warn")[0] ?? "", /launch event was lost/);
  });

  it("measures the age of a launch from the warm pool from when the instance left the pool, not from when it entered it", async () => {
    const left = activity(id(1), 5, "MidLifecycleAction", "Launching a new EC2 instance from warm pool");
    const entered = activity(id(1), 600, "Successful", "Launching a new EC2 instance into warm pool");
    harness.activities = [[{ ...left, startedAt: new Date(NOW - 30_000) }, entered]];
    await harness.run();
    assert.deepEqual(harness.acts, []);
    harness.activities = [[left, entered]];
    await harness.run();
    assert.deepEqual(harness.acts, [provided(1)]);
  });

  it("provides a token even if the history cannot be read", async () => {
    // biome-ignore lint/correctness/useYield: it throws before it has anything to yield
    harness.ports.activities = async function* () {
      throw new Error("throttled");
    };
    await harness.run();
    assert.deepEqual(harness.acts, [provided(1)]);
  });

  it("spends no call on a lookup when less than 20 % of GitHub's hourly quota is left, and provides the token all the same", async () => {
    const gitHub = harness.ports.gitHub();
    const lookups: string[] = [];
    const find = async (name: string) => void lookups.push(name);
    for (const remaining of [0.2, 0.19]) {
      harness.ports.gitHub = () => ({ ...gitHub, remainingQuota: () => remaining, find: async (name) => find(name) as Promise<undefined> });
      await harness.run();
    }
    assert.deepEqual(lookups, [id(1)]);
    assert.deepEqual(harness.acts, [provided(1), provided(1)]);
  });

  it("replaces a token that expired while the instance waited", async () => {
    const stored = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(80) }];
    harness.secrets = stored;
    const { deleteSecret } = harness.ports;
    harness.ports.deleteSecret = (name) => {
      harness.secrets = [];
      return deleteSecret(name);
    };
    harness.listed = [id(1)];
    await harness.run();
    assert.deepEqual(harness.acts, [`delete ${stored[0]!.name}`, provided(1)]);
  });

  it("provides one to an instance that comes back from the warm pool, although GitHub still lists the runner of its earlier service", async () => {
    const [again, before] = ["MidLifecycleAction", "Successful"].map((status, n) =>
      activity(id(1), 5 + 60 * n, status, "Launching a new EC2 instance from warm pool"),
    );
    harness.runners = [[offline(1)]];
    harness.activities = [[again!, before!, activity(id(1), 600, "Successful", "Launching a new EC2 instance into warm pool")]];
    await harness.run();
    assert.deepEqual(harness.acts, [provided(1)]);
  });

  const leave: [string, () => void][] = [
    [
      "has waited for less than a minute, because the register function handles it",
      () => (harness.activities[0]![0]!.startedAt = new Date(NOW - 59_000)),
    ],
    ["already has a token", () => (harness.secrets = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(3) }])],
    ["has used its token and is registered", () => (harness.runners = [[offline(1)]])],
    ["enters the warm pool, where it must not be registered", () => (harness.members[0]!.lifecycleState = "Warmed:Pending:Wait")],
    ["is in service", () => (harness.members[0]!.lifecycleState = "InService")],
  ];
  for (const [what, arrange] of leave) {
    it(`provides no token to an instance that ${what}`, async () => {
      arrange();
      await harness.run();
      assert.deepEqual(harness.acts, []);
    });
  }

  it("continues after a token that cannot be stored, and counts the failure", async () => {
    harness.members.push({ instanceId: id(2), lifecycleState: "Pending:Wait" });
    const { put } = harness.ports.tokens;
    harness.ports.tokens.put = async (secret) => (secret.name.endsWith(id(1)) ? Promise.reject(new Error("denied")) : put(secret));
    await harness.run();
    assert.deepEqual(harness.acts, [provided(2)]);
    assert.deepEqual([harness.observer.counts.SweepErrors, harness.observer.counts.RegistrationFailures], [1, 1]);
  });

  it("makes no lookup at GitHub while no instance waits", async () => {
    harness.members = [{ instanceId: id(1), lifecycleState: "InService" }];
    harness.ports.tokens.put = async ({ name }) => assert.fail(`stored ${name}`);
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, find: async () => assert.fail("looked up") });
    await harness.run();
    assert.equal(harness.observer.counts.SweepErrors, undefined);
  });
});
