import assert from "node:assert/strict";
import { type ControlClients, controlPorts } from "../../../../functions/persistent-runner/control/aws-ports";
import type { StartSettings } from "../../../../functions/persistent-runner/shared/settings";
import type { JitRequest } from "../../../../functions/shared/github/jit";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { SETTINGS } from "../support/harness";

describe("the ports of the control function", () => {
  /** What GitHub is asked for. */
  async function created(settings: StartSettings): Promise<JitRequest[]> {
    const requests: JitRequest[] = [];
    const create = async (request: JitRequest) => {
      requests.push(request);
      return { runnerId: 4, configuration: "c2VjcmV0", labels: request.labels };
    };
    const secret = () => ({ tags: {}, hostRoleId: "AROAEXAMPLE" });
    const ports = controlPorts({} as ControlClients, () => ({ create }) as never, systemClock, settings, secret);
    await ports.runners.create("build-0123456789ab", new AbortController().signal);
    return requests;
  }

  it("create a runner of one job under one label, in the stack's runner group", async () => {
    const plain = { name: "build-0123456789ab", labels: ["build-0123456789ab"] };
    assert.deepEqual(await created(SETTINGS), [plain]);
    assert.deepEqual(await created({ ...SETTINGS, runnerGroup: "e2e" }), [{ ...plain, runnerGroup: "e2e" }]);
  });
});
