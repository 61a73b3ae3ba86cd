import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutStarts } from "../../../../host-config/shared/packages/policy-rc";

describe("the policy that no service of a package starts", () => {
  let folder: string;
  let policy: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "policy-"));
    policy = join(folder, "policy-rc.d");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const forbids = () => assert.throws(() => execFileSync(policy, ["docker", "start"]), { status: 101 });

  it("holds during the work alone", async () => {
    assert.equal(await withoutStarts(async () => (forbids(), 7), policy), 7);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("leaves the image's own as it was, also if the work fails", async () => {
    writeFileSync(policy, "#!/bin/sh\nexit 104\n", { mode: 0o755 });
    const failing = async () => {
      forbids();
      throw new Error("no space");
    };
    await assert.rejects(withoutStarts(failing, policy), /no space/);
    assert.equal(readFileSync(policy, "utf8"), "#!/bin/sh\nexit 104\n");
  });

  it("does not last for ever if the bootstrap is killed meanwhile: the next one removes it", async () => {
    for (const own of [undefined, "#!/bin/sh\nexit 104\n"]) {
      if (own !== undefined) writeFileSync(policy, own, { mode: 0o755 });
      void withoutStarts(() => new Promise<void>(() => undefined), policy);
      forbids();
      await withoutStarts(async () => forbids(), policy);
      assert.equal(existsSync(policy) ? readFileSync(policy, "utf8") : undefined, own);
    }
  });
});
