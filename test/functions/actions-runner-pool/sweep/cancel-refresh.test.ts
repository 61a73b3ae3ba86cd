import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { cancelRunningRefresh, type CancelRefreshPorts } from "../../../../functions/actions-runner-pool/sweep/cancel-refresh";
import type { RefreshState } from "../../../../functions/actions-runner-pool/sweep/ports";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { NAMES } from "../../support/events";
import { RecordingObserver } from "../../support/observer";

describe("the cancellation before an update of the group", () => {
  const observer = () => new RecordingObserver();

  /** `states`: what each look finds; the last one stays. */
  async function cancel(states: (RefreshState | undefined | Error)[], answers: ("requested" | "none" | Error)[] = []) {
    const clock = new VirtualClock();
    const recorded = observer();
    let [looks, requests] = [0, 0];
    const from = <T>(list: (T | Error)[], index: number): T => {
      const found = list[Math.min(index, list.length - 1)] as T | Error;
      if (found instanceof Error) throw found;
      return found;
    };
    const ports: CancelRefreshPorts = {
      refreshState: async () => from(states, looks++),
      cancelRefresh: async () => from(answers.length > 0 ? answers : ["requested"], requests++),
      clock,
    };
    const begun = clock.now();
    await cancelRunningRefresh(ports, { names: NAMES }, recorded);
    return { looks, requests, seconds: (clock.now() - begun) / 1000, observer: recorded };
  }

  const state = (...statuses: string[]): RefreshState => ({ suspended: false, refreshes: statuses.map((status) => ({ status })) });

  it("does nothing for a group that does not exist yet or has no running refresh", async () => {
    for (const found of [undefined, state(), state("Successful"), state("Cancelled", "InProgress"), state("RollbackFailed")]) {
      const { requests, observer: recorded } = await cancel([found]);
      assert.equal(requests, 0, JSON.stringify(found));
      assert.deepEqual(
        recorded.lines.map(({ level }) => level),
        ["info"],
      );
    }
  });

  it("returns only once the refresh has ended, because the provider's start would be refused before", async () => {
    for (const running of ["Pending", "InProgress", "Baking", "RollbackInProgress"]) {
      const { looks, requests } = await cancel([state(running), state("Cancelling"), state("Cancelling"), state("Cancelled")]);
      assert.equal(looks, 4, running);
      assert.ok(requests >= 1);
    }
  });

  it("outlasts a policy that is not in effect yet and throttling", async () => {
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });
    const { observer: recorded } = await cancel([denied, denied, state("InProgress"), state("Cancelled")], [denied, "requested"]);
    assert.deepEqual(
      recorded.lines.map(({ level }) => level),
      ["info"],
    );
  });

  it("never fails a deployment, nor holds it up for more than two minutes, when AWS does not cancel", async () => {
    for (const [states, answers] of [
      [[state("Cancelling")], ["none"]],
      [[state("InProgress")], [new Error("Rate exceeded")]],
      [[new Error("Rate exceeded")], []],
    ] as const) {
      const { seconds, observer: recorded } = await cancel([...states], [...answers]);
      assert.ok(seconds <= 125, `${seconds} s`);
      assert.deepEqual(
        recorded.lines.map(({ level }) => level),
        ["error"],
      );
      assert.equal(recorded.counts[METRIC.sweepErrors], 1);
      assert.match(JSON.stringify(recorded.lines[0]), /its status is Cancelling|Rate exceeded/);
    }
  });
});
