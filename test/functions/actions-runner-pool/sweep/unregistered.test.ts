import assert from "node:assert/strict";
import type { Runner } from "../../../../functions/shared/github/runners";
import { NAMES } from "../../support/events";
import { SweepScene, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep function over instances without a runner", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  const LAUNCH = "Launching a new EC2 instance";
  const FOUND = /in service without a runner/;
  const reported = () => scene.observer.lines.filter(({ message }) => FOUND.test(message)).map(({ fields }) => fields.instanceId);
  const online = (n: number): Runner => ({ ...offline(n), online: true });
  let asked: string[];

  beforeEach(() => {
    scene.members = [{ instanceId: id(1), lifecycleState: "InService" }];
    scene.activities = [[{ ...activity(id(1), 30, "Successful", LAUNCH), endedAt: ago(25) }]];
    scene.alive = [id(1)];
    asked = [];
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({
      ...gitHub,
      find: async (name, signal) => {
        asked.push(name);
        return gitHub.find(name, signal);
      },
    });
  });

  const dead: [string, () => void, object][] = [
    ["was removed at GitHub", () => undefined, { runner: "not registered", busy: false, inServiceSince: ago(25).toISOString() }],
    ["is offline", () => (scene.runners = [[offline(1)]]), { runner: "offline", busy: false, inServiceSince: ago(25).toISOString() }],
    [
      "is offline with a job, which must not be ended",
      () => (scene.runners = [[{ ...offline(1), busy: true }]]),
      { runner: "offline", busy: true, inServiceSince: ago(25).toISOString() },
    ],
    [
      "was removed so late that its launch has left the history",
      () => (scene.activities = []),
      { runner: "not registered", busy: false, inServiceSince: undefined },
    ],
  ];
  for (const [what, arrange, fields] of dead) {
    it(`reports one whose runner ${what}, and ends nothing for it`, async () => {
      arrange();
      await scene.run();
      assert.equal(scene.observer.counts.UnregisteredInstances, 1);
      assert.deepEqual(scene.observer.lines.find(({ message }) => FOUND.test(message))?.fields, { instanceId: id(1), ...fields });
      assert.deepEqual(scene.acts, []);
    });
  }

  const fine: [string, () => void][] = [
    ["has its runner online", () => (scene.runners = [[online(1)]])],
    ["has its runner online on a later page", () => (scene.runners = [[offline(2)], [online(1)]])],
    ["came into service only just now, however long its launch took", () => (scene.activities[0]![0]!.endedAt = ago(9))],
    [
      "left the warm pool only just now",
      () => scene.activities[0]!.unshift({ ...activity(id(1), 3, "Successful", `${LAUNCH} from warm pool`), endedAt: ago(2) }),
    ],
    ["began to drain while the runners were listed", () => (scene.alive = [])],
    ...(["Pending:Wait", "Warmed:Stopped", "Terminating:Wait", "Terminating:Retained", "Standby"] as const).map(
      (state): [string, () => void] => [
        `is in ${state}`,
        () => {
          scene.members[0]!.lifecycleState = state;
          scene.secrets = [{ name: `${NAMES.secretPrefix}${id(1)}`, changedAt: ago(3) }];
        },
      ],
    ),
  ];
  for (const [what, arrange] of fine) {
    it(`reports none that ${what}`, async () => {
      arrange();
      await scene.run();
      assert.equal(scene.observer.counts.UnregisteredInstances, 0);
      assert.deepEqual(reported(), []);
    });
  }

  it("does not take another instance's runner for its own", async () => {
    scene.runners = [[online(2), { ...online(3), name: `${id(1)}0` }]];
    await scene.run();
    assert.deepEqual(reported(), [id(1)]);
  });

  it("raises no alarm for a runner that the listing missed because its pages shifted", async () => {
    scene.runners = [[online(1)]];
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({
      ...gitHub,
      async *pages() {
        yield [];
      },
    });
    await scene.run();
    assert.equal(scene.observer.counts.UnregisteredInstances, 0);
    assert.deepEqual(asked, [id(1)]);
  });

  it("spends one listing on everything, and ten further calls at most however many are dead", async () => {
    scene.alive = Array.from({ length: 40 }, (_, n) => id(100 + n));
    scene.members = scene.alive.map((instanceId) => ({ instanceId, lifecycleState: "InService" }));
    let listings = 0;
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({
      ...gitHub,
      pages: (signal) => {
        listings += 1;
        return gitHub.pages(signal);
      },
    });
    await scene.run();
    assert.equal(scene.observer.counts.UnregisteredInstances, 40);
    assert.deepEqual([listings, asked.length], [1, 10]);
  });

  it("asks for no history and no single runner while all are well", async () => {
    scene.runners = [[online(1)]];
    await scene.run();
    assert.deepEqual([scene.historyPages, asked], [0, []]);
  });

  it("stays silent rather than say zero or alarm when GitHub cannot be asked", async () => {
    scene.ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await scene.run();
    assert.equal(scene.observer.counts.UnregisteredInstances, undefined);
    assert.deepEqual(reported(), []);
  });

  it("counts none whose history could be read only in part", async () => {
    scene.ports.activities = async function* () {
      yield [];
      throw new Error("throttled");
    };
    await scene.run();
    assert.equal(scene.observer.counts.UnregisteredInstances, 0);
    assert.equal(scene.observer.counts.SweepErrors, 1);
  });
});
