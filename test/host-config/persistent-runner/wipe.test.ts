import assert from "node:assert/strict";
import { wipeStage } from "../../../host-config/persistent-runner/agent/wipe";
import type { PrepareContext } from "../../../host-config/shared/prepare/stage";
import { CONFIG } from "./fixtures";

describe("the wipe of a machine that a run may have poisoned", () => {
  let recorded: string | undefined;
  let wiped: number;
  let failing: Error | undefined;
  beforeEach(() => {
    recorded = undefined;
    wiped = 0;
    failing = undefined;
  });

  const prepare = (epoch?: string) =>
    wipeStage(
      { ...CONFIG, cache: { ...CONFIG.cache, ...(epoch !== undefined && { epoch }) } },
      {
        epoch: { get: () => recorded, set: (text) => void (recorded = text) },
        async wipe() {
          wiped++;
          if (failing) throw failing;
        },
      },
    ).run({ user: { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" }, say: () => undefined } as unknown as PrepareContext);

  it("happens once for each new epoch", async () => {
    await prepare();
    for (const epoch of ["after the incident", "after the incident", "after another"]) await prepare(epoch);
    assert.deepEqual([wiped, recorded], [2, "after another"]);
  });

  it("does not happen on a machine without a record, nor because the argument is gone", async () => {
    await prepare("2026-11");
    assert.deepEqual([wiped, recorded], [0, "2026-11"]);
    await prepare();
    await prepare("2026-11");
    assert.equal(wiped, 0, "hundreds of GB of caches would be gone");
  });

  it("is not recorded if anything was left, and fails the preparation with the argument's name", async () => {
    await prepare();
    failing = new Error("/ci-cache could not be emptied: not empty");
    await assert.rejects(prepare("x"), /^PrepareError: cacheEpoch: \/ci-cache could not be emptied|cacheEpoch: \/ci-cache could not/);
    assert.equal(recorded, "");
    failing = undefined;
    await prepare("x");
    assert.equal(recorded, "x");
  });
});
