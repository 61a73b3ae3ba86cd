import assert from "node:assert/strict";
import { cacheOwnerStage } from "../../../host-config/persistent-runner/agent/owners";
import type { PrepareContext } from "../../../host-config/shared/prepare/stage";
import { CONFIG } from "./fixtures";

describe("the caches of a machine whose user has another number", () => {
  let recorded: string | undefined;
  let calls: string[];
  let code: number;
  beforeEach(() => {
    recorded = undefined;
    calls = [];
    code = 0;
  });

  const prepare = (uid: number) =>
    cacheOwnerStage(CONFIG, { get: () => recorded, set: (text) => void (recorded = text) }).run({
      user: { name: "runner", uid, gid: uid, home: "/home/runner" },
      exec: async (file: string, args: readonly string[]) => {
        calls.push([file, ...args].join(" "));
        return { code, stdout: "", stderr: "find: Input/output error" };
      },
      say: () => undefined,
    } as unknown as PrepareContext);

  it("are given to it once, or the jobs of another instance could read them and not write", async () => {
    for (const uid of [1001, 1001, 1002, 1002]) await prepare(uid);
    assert.equal(calls.length, 2);
    assert.match(calls[1]!, new RegExp(`^find ${CONFIG.cache.mount} -xdev .* chown -h 1002:1002 `));
    assert.equal(recorded, "1002:1002");
  });

  it("are not recorded as given if any was left, and fail the preparation with the argument's name", async () => {
    code = 1;
    await assert.rejects(prepare(1001), /cacheMount: .*Input\/output error/);
    assert.equal(recorded, undefined);
  });
});
