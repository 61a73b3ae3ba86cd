import assert from "node:assert/strict";
import { NAMES } from "../../support/events";
import { NOW, SweepScene, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep function over launches", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  const provided = (n: number) => `put ${NAMES.secretPrefix}${id(n)} for AROAEXAMPLE:${id(n)}`;
  beforeEach(() => {
    scene.members = [{ instanceId: id(1), lifecycleState: "Pending:Wait" }];
    scene.activities = [[activity(id(1), 5, "MidLifecycleAction", "Launching a new EC2 instance")]];
  });

  it("provides the token that a lost event would have brought, or the launch would be abandoned", async () => {
    await scene.run();
    assert.deepEqual(scene.acts, [provided(1)]);
    assert.match(scene.observer.messages("warn")[0] ?? "", /launch event was lost/);
  });

  it("does so for one that leaves the warm pool, by the time at which it left and not at which it entered", async () => {
    const left = activity(id(1), 5, "MidLifecycleAction", "Launching a new EC2 instance from warm pool");
    const entered = activity(id(1), 600, "Successful", "Launching a new EC2 instance into warm pool");
    scene.activities = [[{ ...left, startedAt: new Date(NOW - 30_000) }, entered]];
    await scene.run();
    assert.deepEqual(scene.acts, []);
    scene.activities = [[left, entered]];
    await scene.run();
    assert.deepEqual(scene.acts, [provided(1)]);
  });

  it("provides one although the history cannot be read", async () => {
    // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
    scene.ports.activities = async function* () {
      throw new Error("throttled");
    };
    await scene.run();
    assert.deepEqual(scene.acts, [provided(1)]);
  });

  it("replaces a token that has expired while the instance waited", async () => {
    const stored = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(80) }];
    scene.secrets = stored;
    const { deleteSecret } = scene.ports;
    scene.ports.deleteSecret = (name) => {
      scene.secrets = [];
      return deleteSecret(name);
    };
    scene.alive = [id(1)];
    await scene.run();
    assert.deepEqual(scene.acts, [`delete ${stored[0]!.name}`, provided(1)]);
  });

  const leave: [string, () => void][] = [
    ["waits for less than a minute: the register function is at it", () => (scene.activities[0]![0]!.startedAt = new Date(NOW - 59_000))],
    ["has a token already", () => (scene.secrets = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(3) }])],
    ["has used its token and is registered", () => (scene.runners = [[offline(1)]])],
    ["enters the warm pool and must not be registered", () => (scene.members[0]!.lifecycleState = "Warmed:Pending:Wait")],
    ["is in service", () => (scene.members[0]!.lifecycleState = "InService")],
  ];
  for (const [what, arrange] of leave) {
    it(`leaves one alone that ${what}`, async () => {
      arrange();
      await scene.run();
      assert.deepEqual(scene.acts, []);
    });
  }

  it("goes on after one whose token cannot be stored, and counts it", async () => {
    scene.members.push({ instanceId: id(2), lifecycleState: "Pending:Wait" });
    const { put } = scene.ports.tokens;
    scene.ports.tokens.put = async (secret) => (secret.name.endsWith(id(1)) ? Promise.reject(new Error("denied")) : put(secret));
    await scene.run();
    assert.deepEqual(scene.acts, [provided(2)]);
    assert.deepEqual([scene.observer.counts.SweepErrors, scene.observer.counts.RegistrationFailures], [1, 1]);
  });

  it("asks GitHub nothing while nobody waits", async () => {
    scene.members = [{ instanceId: id(1), lifecycleState: "InService" }];
    scene.ports.mintToken = async () => assert.fail("minted");
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({ ...gitHub, find: async () => assert.fail("asked") });
    await scene.run();
    assert.equal(scene.observer.counts.SweepErrors, undefined);
  });
});
