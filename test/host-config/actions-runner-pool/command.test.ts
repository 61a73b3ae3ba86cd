import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "../../../host-config/actions-runner-pool/agent/command";

describe("a command of a renewal", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "command-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gets its input and its folder, and nothing of the agent's environment", async () => {
    const path = join(folder, "input");
    writeFileSync(path, "archive");
    const input = openSync(path, "r");
    try {
      await command(["sh", "-c", "cat >output; env >environment"], { cwd: folder, input });
    } finally {
      closeSync(input);
    }
    assert.equal(readFileSync(join(folder, "output"), "utf8"), "archive");
    assert.doesNotMatch(readFileSync(join(folder, "environment"), "utf8"), /^HOME=/m);
  });

  it("rejects with its last words, or with what keeps it from starting", async () => {
    await assert.rejects(command(["sh", "-c", "echo one >&2; echo two >&2; exit 3"]), { message: "sh -c: exit code 3: two" });
    await assert.rejects(command(["/nowhere/tar", "x"]), /ENOENT/);
  });

  it("is given up after its bound although its output never closes, as that of one that hangs in the kernel", async () => {
    const pid = join(folder, "pid");
    const script = `sleep 1000 & echo $! >${pid}; wait`;
    try {
      await assert.rejects(command(["sh", "-c", script], {}, 1_000), { message: "sh -c: not done within 1 s" });
    } finally {
      spawnSync("kill", [readFileSync(pid, "utf8").trim()]);
    }
  });
});
