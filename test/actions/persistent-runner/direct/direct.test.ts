import assert from "node:assert/strict";
import { keepingType } from "../../../../actions/persistent-runner/direct/direct";
import type { ControlPorts } from "../../../../functions/persistent-runner/shared/ports";

describe("the control of the machine by the workflow itself", () => {
  it("starts a machine of another type than the deployment has, which it may not change: else each start would fail", async () => {
    const lines: string[] = [];
    const power = { setType: () => Promise.reject(new Error("UnauthorizedOperation")), start: async () => "started" };
    const ports = keepingType({ info: (line) => void lines.push(line) }, { power, clock: "kept" } as unknown as ControlPorts);
    await ports.power.setType("m7i.xlarge", AbortSignal.timeout(1000));
    assert.deepEqual(lines, ["the machine is not a m7i.xlarge: with control direct, change its type by hand while it is off"]);
    assert.deepEqual([await ports.power.start(AbortSignal.timeout(1000)), ports.clock], ["started", "kept"]);
  });
});
