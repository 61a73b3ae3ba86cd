import assert from "node:assert/strict";
import { parseUnitState } from "../../../host-config/shared/unit-state";

describe("the state of a unit", () => {
  it("distinguishes a unit that never started from one that an operator stopped", () => {
    const show = (active: string, pid: number, left: number) =>
      `MainPID=${pid}\nActiveState=${active}\nInactiveExitTimestampMonotonic=${left}\n`;
    assert.deepEqual(parseUnitState("any.service", show("inactive", 0, 0)), { active: "inactive", mainAlive: false, everStarted: false });
    assert.deepEqual(parseUnitState("any.service", show("inactive", 0, 123)), { active: "inactive", mainAlive: false, everStarted: true });
    assert.deepEqual(parseUnitState("any.service", show("deactivating", 9, 123)), {
      active: "deactivating",
      mainAlive: true,
      everStarted: true,
    });
    assert.throws(() => parseUnitState("any.service", ""), /returned nothing for any.service/);
  });
});
