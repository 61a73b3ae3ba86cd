import assert from "node:assert/strict";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import type { Runner } from "../../../../functions/shared/github/runners";
import { SweepHarness, activity, id, offline } from "../../support/sweep-harness";

describe("sweep of silent drains", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  let state: LifecycleState | undefined;
  beforeEach(() => {
    state = "Terminating:Wait";
    harness.members = [{ instanceId: id(1), lifecycleState: "Terminating:Wait" }];
    harness.activities = [[activity(id(1), 5, "MidLifecycleAction")]];
    harness.runners = [[{ ...offline(1), busy: true }]];
    harness.ports.lifecycleStates = async () => new Map(state === undefined ? [] : [[id(1), state]]);
  });
  const reports = () => harness.observer.messages("error").filter((message) => /stopped responding/.test(message)).length;

  const states = [
    "Terminating:Wait",
    "Terminating:Retained",
    "Warmed:Pending:Wait",
    "Warmed:Pending:Retained",
    "Warmed:Terminating:Wait",
  ] as const;
  for (const lifecycleState of states) {
    it(`reports the job of a silent instance in ${lifecycleState} before GitHub fails it, and terminates nothing`, async () => {
      harness.on = [id(1)];
      harness.members[0]!.lifecycleState = state = lifecycleState;
      await harness.run();
      assert.equal(harness.observer.counts.BusyAtTermination, 1);
      assert.equal(reports(), 1);
      assert.deepEqual(harness.acts, []);
    });
  }

  const now = (runner: Runner | undefined) => {
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, get: async () => runner });
  };
  const fine: [string, () => void][] = [
    ["has ended its job, even if the list still shows it as busy", () => now(offline(1))],
    ["is online again", () => now({ ...offline(1), busy: true, online: true })],
    ["no longer has a runner", () => now(undefined)],
    ["is online and drains", () => (harness.runners = [[{ ...offline(1), busy: true, online: true }]])],
    ["has no job", () => (harness.runners = [[offline(1)]])],
    ["is not in the group", () => (harness.runners = [[{ ...offline(2), busy: true }]])],
    ["is in service", () => (harness.members[0]!.lifecycleState = state = "InService")],
    ["completed its drain while the runners were listed", () => (state = "Terminating:Proceed")],
    ["terminated while the runners were listed", () => (state = undefined)],
  ];
  for (const [what, arrange] of fine) {
    it(`reports nothing for an instance that ${what}`, async () => {
      arrange();
      await harness.run();
      assert.equal(harness.observer.counts.BusyAtTermination, undefined);
      assert.equal(harness.observer.counts.SweepErrors, undefined);
      assert.equal(reports(), 0);
    });
  }
});
