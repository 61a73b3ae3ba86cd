import assert from "node:assert/strict";
import type { ProvisionRequest } from "../../../../contract/persistent-runner/control";
import { provisionInVirtualTime } from "../../../../rehearsal/scenarios/persistent-runner/provisioning";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";

const REQUEST: ProvisionRequest = { action: "provision", instanceId: "i-1", digest: "d", wait: 60, last: true, postponed: 0 };

describe("a provisioning on a virtual clock", () => {
  let clock: VirtualClock;
  let asked: ProvisionRequest[];
  beforeEach(() => {
    clock = new VirtualClock({ promisesOnly: true });
    asked = [];
  });
  afterEach(() => clock.close());

  const replies = (preparedAfter: number) => async (event: unknown) => {
    asked.push(event as ProvisionRequest);
    return { requestId: "1", result: { state: asked.length > preparedAfter ? "prepared" : "unfinished", detail: "" } };
  };
  const run = (preparedAfter: number, event: unknown = REQUEST) =>
    clock.flow(() => provisionInVirtualTime(event, replies(preparedAfter), clock));

  it("lets the machine's time pass between the function's looks, and ends as soon as it is prepared", async () => {
    const before = clock.now();
    const outcome = await run(3);
    assert.deepEqual("result" in outcome && (outcome.result as { state: string }).state, "prepared");
    assert.equal(asked.length, 4);
    assert.equal(clock.now() - before, 15_000);
    assert.deepEqual(asked[0], { ...REQUEST, wait: 1, last: false });
  });

  it("fails only in its last look, as the one invocation would", async () => {
    await run(Infinity);
    assert.deepEqual(
      asked.map(({ last }) => last),
      [...Array(asked.length - 1).fill(false), true],
    );
  });

  it("leaves any other invocation as it is", async () => {
    await run(0, { action: "start", token: "t" });
    assert.deepEqual(asked, [{ action: "start", token: "t" }]);
  });
});
