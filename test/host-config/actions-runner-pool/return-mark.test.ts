import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetReturn, hasReturnMark, returnMark } from "../../../host-config/actions-runner-pool/agent/return-mark";
import { serviceMark } from "../../../host-config/actions-runner-pool/agent/service-mark";

describe("the mark of an instance that returns to the warm pool", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "returning-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("survives processes until the next launch clears it, and is no mark of the service", async () => {
    await returnMark([folder]).set();
    await serviceMark([folder]).set();
    assert.equal(await returnMark([folder]).isSet(), true);
    await serviceMark([folder]).clear();
    assert.deepEqual([await returnMark([folder]).isSet(), await serviceMark([folder]).isSet()], [true, false]);
    await returnMark([folder]).clear();
    assert.equal(await returnMark([folder]).isSet(), false);
  });

  it("is seen at once by the program that starts a process of the job's user", async () => {
    assert.equal(hasReturnMark([join(folder, "absent"), folder]), false);
    await returnMark([folder]).set();
    assert.equal(hasReturnMark([join(folder, "absent"), folder]), true);
  });

  it("is cleared wherever a full disk had it set, and forgotten by the installation of an image that carries it", async () => {
    const other = join(folder, "run");
    mkdirSync(other);
    await returnMark([join(folder, "full"), other]).set();
    await returnMark([folder]).set();
    await returnMark([folder, other]).clear();
    assert.equal(await returnMark([folder, other]).isSet(), false);
    await returnMark([folder]).set();
    forgetReturn([folder, join(folder, "absent")]);
    assert.equal(await returnMark([folder]).isSet(), false);
  });
});
