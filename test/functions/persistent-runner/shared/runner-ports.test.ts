import assert from "node:assert/strict";
import type { Lease } from "../../../../contract/persistent-runner/lease";
import { runnerPorts } from "../../../../functions/persistent-runner/shared/runner-ports";
import type { GitHubRunners, Runner } from "../../../../functions/shared/github/runners";
import { SETTINGS } from "../support/harness";

const { signal } = new AbortController();

describe("the runner of a start, at GitHub", () => {
  const LEASE: Lease = { phase: "ready", generation: 4, changedAt: 0, runnerId: 41, label: "build-0123456789ab" };
  const runner = (more: Partial<Runner> = {}): Runner => ({
    id: 41,
    name: "build",
    online: true,
    busy: false,
    labels: ["build-0123456789ab"],
    ...more,
  });
  let removed: number[];
  const ports = (registration: "jit" | "service", of: Runner | undefined, outcome: "deleted" | "busy" | "gone" = "deleted") => {
    removed = [];
    const gitHub = {
      get: async (id: number) => (of?.id === id ? of : undefined),
      find: async (name: string) => (of?.name === name ? of : undefined),
      remove: async (id: number) => {
        removed.push(id);
        return outcome;
      },
    };
    return runnerPorts(() => gitHub as unknown as GitHubRunners, { ...SETTINGS, registration });
  };

  for (const registration of ["jit", "service"] as const) {
    it(`is shown as it is, with registration ${registration}`, async () => {
      const state = (of: Runner | undefined) => ports(registration, of).state(LEASE, signal);
      assert.equal(await state(runner()), "idle");
      assert.equal(await state(runner({ online: false })), "offline");
      assert.equal(await state(runner({ busy: true, online: false })), "busy", "GitHub may lose the connection of one with a job");
      assert.equal(await state(undefined), "absent");
    });

    it(`is retired unless GitHub counts a job on it, with registration ${registration}`, async () => {
      assert.equal(await ports(registration, runner()).retire(LEASE, signal), "retired");
      assert.deepEqual(removed, [41]);
      assert.equal(await ports(registration, runner(), "busy").retire(LEASE, signal), "busy");
      assert.equal(await ports(registration, runner(), "gone").retire(LEASE, signal), "retired");
    });
  }

  it("is not one of an earlier start that GitHub still shows as online, with registration service", async () => {
    const former = ports("service", runner({ labels: ["build-ba9876543210"] }));
    assert.equal(await former.state(LEASE, signal), "absent");
    assert.equal(await former.retire(LEASE, signal), "retired");
    assert.deepEqual(removed, []);
  });

  it("is none before a start has registered one", async () => {
    const { runnerId: _, label: __, ...before } = LEASE;
    for (const registration of ["jit", "service"] as const) {
      assert.equal(await ports(registration, runner()).state(before, signal), "absent");
      assert.equal(await ports(registration, runner()).retire(before, signal), "retired");
    }
    assert.deepEqual(removed, []);
  });
});
