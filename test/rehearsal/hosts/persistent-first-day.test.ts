import assert from "node:assert/strict";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import { renderUserData } from "../../../host-config/persistent-runner/user-data";
import { factsOf } from "../../../rehearsal/hosts/simulated/persistent/first-day";
import { CONFIG } from "../../host-config/persistent-runner/fixtures";

describe("a simulated persistent machine's first day", () => {
  it("has the facts of the user data that the component renders", () => {
    const config = { ...CONFIG, firstBootTimeout: 777, maxSession: 4_321 };
    assert.deepEqual(factsOf(renderUserData(config)), {
      orderSecret: persistentRunnerNames(config.name).orderSecret,
      firstBootTimeout: 777,
      maxSession: 4_321,
    });
  });

  it("is refused for another component's user data", () => {
    assert.throws(() => factsOf("#!/bin/bash\necho pool\n"), /no secret with the order/);
  });
});
