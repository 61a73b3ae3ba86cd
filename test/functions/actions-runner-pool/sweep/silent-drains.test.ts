import assert from "node:assert/strict";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import type { Runner } from "../../../../functions/shared/github/runners";
import { SweepScene, activity, id, offline } from "../../support/sweep-harness";

describe("sweep function over drains that fell silent", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  let state: LifecycleState | undefined;
  beforeEach(() => {
    state = "Terminating:Wait";
    scene.members = [{ instanceId: id(1), lifecycleState: "Terminating:Wait" }];
    scene.activities = [[activity(id(1), 5, "MidLifecycleAction")]];
    scene.runners = [[{ ...offline(1), busy: true }]];
    scene.ports.lifecycleStates = async () => new Map(state === undefined ? [] : [[id(1), state]]);
  });
  const told = () => scene.observer.messages("error").filter((message) => /stopped responding/.test(message)).length;

  for (const where of ["Terminating:Wait", "Terminating:Retained"] as const) {
    it(`tells of the job of one in ${where} before GitHub gives it up, and ends nothing for it`, async () => {
      scene.members[0]!.lifecycleState = state = where;
      await scene.run();
      assert.equal(scene.observer.counts.BusyAtTermination, 1);
      assert.equal(told(), 1);
      assert.deepEqual(scene.acts, []);
    });
  }

  const now = (runner: Runner | undefined) => {
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({ ...gitHub, get: async () => runner });
  };
  const fine: [string, () => void][] = [
    ["has ended its job, though the list does not say so yet", () => now(offline(1))],
    ["is online again", () => now({ ...offline(1), busy: true, online: true })],
    ["has no runner any more", () => now(undefined)],
    ["is online: it drains", () => (scene.runners = [[{ ...offline(1), busy: true, online: true }]])],
    ["has no job", () => (scene.runners = [[offline(1)]])],
    ["is not the group's", () => (scene.runners = [[{ ...offline(2), busy: true }]])],
    ["is in service", () => (scene.members[0]!.lifecycleState = state = "InService")],
    ["went on while the runners were listed", () => (state = "Terminating:Proceed")],
    ["was gone when the runners were listed", () => (state = undefined)],
  ];
  for (const [what, arrange] of fine) {
    it(`tells nothing of one that ${what}`, async () => {
      arrange();
      await scene.run();
      assert.equal(scene.observer.counts.BusyAtTermination, undefined);
      assert.equal(scene.observer.counts.SweepErrors, undefined);
      assert.equal(told(), 0);
    });
  }
});
